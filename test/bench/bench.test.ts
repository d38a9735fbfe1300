import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findScientificPython } from '../../bench/peers/scientificPython.js'
import { findTorch } from '../../bench/peers/torch.js'
import { rows } from '../../bench/rows.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs the benchmark as `npm run bench` does. */
function bench(args: readonly string[], environment: Record<string, string> = {}) {
  const command = ['scripts/run.mjs', 'bench/bench.ts', ...args]
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', env: { ...process.env, ...environment } })
}

describe('npm run bench', () => {
  it('prints rows of the documented form with --json, and nothing else on stdout', async () => {
    const name = 'conv-forward-32x32-64-32'
    const { status, stdout, stderr } = bench(['--only', name, '--repeats', '1', '--threads', '1', '--json'])
    expect(status, stderr).toBe(0)
    const [row, ...others] = JSON.parse(stdout)
    expect(others).toEqual([])
    expect(row).toMatchObject({ name, backend: 'wasm', threads: 1, multiplyAdds: 32 * 32 * 9 * 64 * 32 })
    expect(row.medianMs).toBeGreaterThan(0)
    expect(row.gflops).toBeCloseTo((2 * row.multiplyAdds) / row.medianMs / 1e6, 6)
    expect(row.peakMB).toBeGreaterThan(30)
    expect(row.samples.ours).toHaveLength(1)
    if ((await findTorch()) === undefined) {
      expect(row).toMatchObject({ pytorchMs: null, ratioToPyTorch: null })
      expect(row.notes.join()).toContain('PyTorch: not found')
    } else {
      expect(row.ratioToPyTorch).toBeCloseTo(row.medianMs / row.pytorchMs, 6)
      expect(row.differences.pytorch).toBeLessThan(1e-4)
      expect(row.notes.join()).toContain('PyTorch ')
    }
    expect(row).toMatchObject({ onnxruntimeMs: null, ratioToOnnxruntime: null })
  })

  it('measures images and records beside their peers, and the growth of the work', async () => {
    const only = ['data-bicubic', 'data-k-fold-1e3', 'data-k-fold-1e4'].flatMap((name) => ['--only', name])
    const { status, stdout, stderr } = bench([...only, '--repeats', '1', '--threads', '2', '--json'])
    expect(status, stderr).toBe(0)
    const [bicubic, small, large] = JSON.parse(stdout)
    // Plain JavaScript on one core: neither a backend nor a second thread would change it.
    expect(bicubic).toMatchObject({ name: 'data-bicubic', backend: null, threads: 1, unit: 'images', count: 1 })
    expect(large).toMatchObject({ name: 'data-k-fold-1e4', backend: null, threads: 1, unit: 'records', count: 1e4 })
    for (const row of [bicubic, small, large]) {
      expect(row.perSecond).toBeCloseTo((1000 * row.count) / row.medianMs, 6)
      expect(row.peakMB).toBeGreaterThan(30)
      expect(row.samples.ours).toHaveLength(1)
    }
    expect(small.growth).toBeNull()
    expect(large.growth).toBeCloseTo(Math.log10(large.medianMs / small.medianMs), 6)
    if ((await findScientificPython()) === undefined) {
      expect(large).toMatchObject({ peer: null, peerMs: null, ratioToPeer: null })
      expect(large.notes.join()).toContain('peers of the data: not found')
    } else {
      expect(bicubic.peer).toBe('Pillow Image.resize, BICUBIC')
      expect(bicubic.differences.Pillow).toBeLessThan(0.01)
      expect(large.peer).toBe('scikit-learn StratifiedGroupKFold')
      expect(large.differences['scikit-learn']).toBe(0)
      expect(large.ratioToPeer).toBeCloseTo(large.medianMs / large.peerMs, 6)
      expect(large.notes.join()).toContain('scikit-learn ')
    }
  })

  it.each([
    [['--only', 'rrdb-train-nb99'], 'rrdb-train-nb99', rows.map(({ name }) => name).join(', ')],
    [['--backend', 'abacus'], 'abacus', 'wasm, cpu, webgpu, tensorflow'],
    [['--threads', '0'], '--threads', 'not 0'],
    [['--repeats', 'many'], '--repeats', 'not many'],
    [['--fast'], '--fast', ''],
  ])('%j ends with exit code 2 and says what is known', (args, wrong, known) => {
    const { status, stdout, stderr } = bench([...args, '--json'])
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(wrong)
    expect(stderr).toContain(known)
  })

  it('gives a row that cannot be measured null values, the reason and exit code 1', () => {
    const args = ['--only', 'conv-forward-32x32-64-32', '--threads', '1', '--json']
    const { status, stdout } = bench(args, { TMPDIR: '/there-is-no-such-folder' })
    expect(status).toBe(1)
    const [row] = JSON.parse(stdout)
    expect(row).toMatchObject({ backend: 'wasm', medianMs: null, gflops: null, peakMB: null, pytorchMs: null })
    expect(row.notes.join()).toContain('/there-is-no-such-folder')
  })
})
