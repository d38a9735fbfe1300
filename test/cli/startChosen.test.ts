import { getBackend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { wasmPrecision } from '../../src/backend/index.js'
import { startChosen } from '../../src/cli/startChosen.js'

// No adapter, whatever the machine has.
beforeAll(() => {
  vi.stubEnv('VK_ICD_FILENAMES', '/none')
  vi.stubEnv('LD_LIBRARY_PATH', '')
})
afterAll(() => void vi.unstubAllEnvs())

// Node 20 has no relaxed SIMD.
const withFMA = process.versions.node.startsWith('20.') ? 'without FMA' : 'with FMA'

const startAndListen = async (
  choice: Parameters<typeof startChosen>[1],
  options: Parameters<typeof startChosen>[2] = {},
) => {
  let stderr = ''
  const io = {
    stdout: { write: () => undefined },
    stderr: { write: (text: string) => (stderr += text) },
    debug: false,
    onInterrupt: () => () => undefined,
  }
  return { started: await startChosen(io, choice, options), stderr }
}

describe('--backend', () => {
  it('auto says what was chosen and why not the others, on stderr and in the description', async () => {
    const { started, stderr } = await startAndListen('auto', { threads: 2 })
    expect(started).toMatchObject({ name: 'wasm', threads: 2 })
    expect(getBackend()).toBe('wasm')
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^passed over tfjs-node-gpu: .* is not installed; run: npm install /),
      expect.stringMatching(/^passed over webgpu: no adapter/),
      expect.stringMatching(/^passed over tfjs-node: .* is not installed; run: npm install /),
    ])
    expect(started.description).toBe(
      `WebAssembly with SIMD, 2 threads; own kernels ${withFMA}, precision fast ` +
        '(chosen by --backend auto, passed over tfjs-node-gpu, webgpu, tfjs-node)',
    )
  })

  it('a name starts that one and says nothing', async () => {
    const { started, stderr } = await startAndListen('wasm', { threads: 2, precision: 'exact' })
    expect(started.description).toBe(
      `WebAssembly with SIMD, 2 threads; own kernels ${withFMA}, precision exact (it ran already)`,
    )
    expect(stderr).toBe('')
    expect(wasmPrecision()).toBe('exact')
  })
})
