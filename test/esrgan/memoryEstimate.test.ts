import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { OutOfMemoryError } from '../../src/backend/index.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  estimateTrainingMemory,
  requireTrainingMemory,
  trainESRGAN,
} from '../../src/esrgan/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('estimateTrainingMemory', () => {
  it('lies within a quarter of the heap that training needs, in processes of their own', async () => {
    const names = ['quick preset, PSNR stage', 'quick preset, GAN stage', 'nb=3, batch 8 in parts of 2']
    const args = ['scripts/run.mjs', 'scripts/verify-memory.ts', '--json', '--only', names.join(';')]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    const rows = JSON.parse(stdout) as { name: string; estimate: number; measured: number }[]
    expect(rows.map(({ name }) => name)).toEqual(names)
    for (const { estimate, measured } of rows) {
      expect(measured).toBeGreaterThan(16 * 2 ** 20)
      expect(Math.abs(measured / estimate - 1)).toBeLessThan(0.25)
    }
  }, 300_000)

  it('counts the weights, averages and slots of the networks exactly', () => {
    const { parts, bytes } = estimateTrainingMemory({ patchSize: 128, batchSize: 1 })
    expect(parts.weights).toBe(4 * 16_697_987)
    expect(parts.optimizer).toBe(8 * 16_697_987)
    expect(parts.weights + parts.optimizer + parts.activations + parts.workspaces).toBe(bytes)
    expect(estimateTrainingMemory({ patchSize: 128, batchSize: 1, ema: true }).parts.weights).toBe(8 * 16_697_987)
    const gan = estimateTrainingMemory({ stage: 'gan', features: 'vgg19', patchSize: 128, batchSize: 1 })
    expect(gan.parts.weights).toBe(4 * (16_697_987 + 14_499_401 + 20_024_384))
  })

  it('falls with smaller parts and checkpoints, and grows with batch, patches, discriminator and features', () => {
    const base = { patchSize: 128, batchSize: 4 } as const
    const bytes = (more: Partial<Parameters<typeof estimateTrainingMemory>[0]> = {}): number =>
      estimateTrainingMemory({ ...base, ...more }).bytes
    expect(bytes({ microBatch: 1 })).toBeLessThan(bytes())
    expect(bytes({ generator: { checkpoint: true } })).toBeLessThan(bytes())
    expect(bytes({ batchSize: 5 })).toBeGreaterThan(bytes())
    expect(bytes({ patchSize: 192 })).toBeGreaterThan(bytes())
    expect(bytes({ stage: 'gan' })).toBeGreaterThan(bytes())
    expect(bytes({ stage: 'gan', features: 'vgg19' })).toBeGreaterThan(bytes({ stage: 'gan' }))
  })

  it('refuses options out of range', () => {
    expect(() => estimateTrainingMemory({ patchSize: 0, batchSize: 1 })).toThrow(/options.patchSize/)
    expect(() => estimateTrainingMemory({ patchSize: 32, batchSize: 1, microBatch: 0 })).toThrow(/options.microBatch/)
    expect(() => estimateTrainingMemory({ patchSize: 48, batchSize: 1, stage: 'gan' })).toThrow(/patchSize/)
  })
})

describe('training that cannot fit', () => {
  beforeAll(() => useBackend('wasm'))

  it('is refused with what to lower', () => {
    expect(() => requireTrainingMemory({ patchSize: 256, batchSize: 16 })).toThrow(OutOfMemoryError)
    expect(() => requireTrainingMemory({ patchSize: 256, batchSize: 16 })).toThrow(
      /a step of the psnr stage would take about \d+ MiB, and the heap holds 4096 MiB at most: make the generator with checkpoint: true, or lower microBatch \(now 16\), the batch \(now 16\), the patches \(now 256 pixels\)/,
    )
    const fitting = { patchSize: 192, batchSize: 16, microBatch: 1, generator: { checkpoint: true } }
    expect(requireTrainingMemory(fitting)).toEqual(estimateTrainingMemory(fitting))
  })

  it.each(['psnr', 'gan'] as const)('is refused before the first step for the %s stage', async (stage) => {
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2 })
    using discriminator = createDiscriminator({ patchSize: 1024, features: 8 })
    const steps: number[] = []

    const size = stage === 'psnr' ? 1024 : 32
    const train = (): Promise<unknown> =>
      trainESRGAN({
        generator,
        discriminator,
        psnrSteps: 1,
        ganSteps: stage === 'gan' ? 1 : 0,
        batch: () => ({ lr: tf.zeros([32, size / 4, size / 4, 3]), hr: tf.zeros([32, size, size, 3]) }),
        onProgress: ({ step }) => steps.push(step),
      })
    await expectNoLeakWhenThrowing(train, `a step of the ${stage} stage would take`)
    expect(steps).toEqual([])
  })

  it('is each stage on its own: a small batch of the GAN stage may follow a large one', async () => {
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2 })
    using discriminator = createDiscriminator({ patchSize: 256, features: 2 })
    const images = { psnr: 512, gan: 1 }
    const sizes = { psnr: 8, gan: 256 }
    const common = { stage: 'gan', generator: generator.config, discriminator: discriminator.config } as const
    expect(() => requireTrainingMemory({ ...common, patchSize: 256, batchSize: images.psnr })).toThrow(OutOfMemoryError)
    const result = await trainESRGAN({
      generator,
      discriminator,
      psnrSteps: 1,
      ganSteps: 1,
      batch: (_, stage) => ({
        lr: tf.zeros([images[stage], sizes[stage] / 4, sizes[stage] / 4, 3]),
        hr: tf.zeros([images[stage], sizes[stage], sizes[stage], 3]),
      }),
    })
    expect(result).toMatchObject({ psnrSteps: 1, ganSteps: 1 })
  })

  it('tells what each stage is expected to take', async () => {
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2 })
    const told: [string, number][] = []
    await trainESRGAN({
      generator,
      psnrSteps: 1,
      ganSteps: 1,
      batch: () => ({ lr: tf.zeros([1, 8, 8, 3]), hr: tf.zeros([1, 32, 32, 3]) }),
      onEstimate: (stage, { bytes }) => told.push([stage, bytes]),
    })
    const common = { generator: generator.config, patchSize: 32, batchSize: 1 }
    expect(told).toEqual([
      ['psnr', estimateTrainingMemory(common).bytes],
      ['gan', estimateTrainingMemory({ ...common, stage: 'gan' }).bytes],
    ])
  })
})
