import { existsSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createProject, softwareAdapter } from './programs.js'

const project = createProject('lost device')
afterAll(() => project.remove())

const hasAdapter = existsSync(softwareAdapter.VK_ICD_FILENAMES)
const env = { ...softwareAdapter }

const why = hasAdapter ? '' : " (skipped: no software adapter; Debian's chromium brings one)"

describe.skipIf(!hasAdapter)(`WebGPU in Node${why}`, () => {
  it('that loses its device in the middle of training ends in BackendFailedError, with the states from before saved', async () => {
    await project.write(
      'lost.mjs',
      `
      import { backend, randomUniform } from '@tensorflow/tfjs-core'
      import { createRRDBGenerator, trainESRGAN } from './src/esrgan/index.ts'
      import { startBackend } from './src/node/index.ts'
      const unhandled: string[] = []
      process.on('unhandledRejection', (error) => void unhandled.push(String(error)))
      await startBackend('webgpu')
      const generator = createRRDBGenerator({ blocks: 1, features: 2, growth: 2 })
      const saved: number[] = []
      let error
      try {
        await trainESRGAN({
          generator,
          psnrSteps: 5,
          ganSteps: 0,
          saveEvery: 1,
          batch: () => ({ lr: randomUniform([1, 4, 4, 3]), hr: randomUniform([1, 16, 16, 3]) }),
          onSave: ({ meta }) => void saved.push(meta.psnrSteps),
          onProgress: ({ step }) => { if (step === 2) (backend() as any).device.destroy() },
        })
      } catch (thrown) { error = thrown as Error }
      generator.dispose()
      console.log(JSON.stringify({ name: error?.name, message: error?.message, saved, unhandled }))
      `,
    )
    const { output } = await project.run<Record<string, unknown>>('lost.mjs', [], { env })
    expect(output).toEqual({
      name: 'BackendFailedError',
      message: expect.stringMatching(/^backend webgpu: its device was lost \(destroyed: .*resume/s),
      saved: [1],
      unhandled: [],
    })
  })

  it('finds one bad gradient among many', async () => {
    await project.write(
      'finite.mjs',
      `
      import { tensor1d } from '@tensorflow/tfjs-core'
      import { startBackend } from './src/node/index.ts'
      import { areFinite } from './src/training/index.ts'
      await startBackend('webgpu')
      const gradients = (bad: number) => new Map(Array.from({ length: 40 }, (_, i) => ['g' + i, tensor1d([1, i === bad ? NaN : 2])]))
      console.log(JSON.stringify([await areFinite({}, [gradients(-1)]), await areFinite({}, [gradients(33)])]))
      `,
    )
    const { output, stderr } = await project.run<boolean[]>('finite.mjs', [], { env })
    expect(output).toEqual([true, false])
    expect(stderr).not.toContain('validation')
  })
})
