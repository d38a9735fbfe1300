import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmMemory } from '../../src/backend/index.js'
import { patchSampler, syntheticHistology } from '../../src/data/index.js'
import {
  createDiscriminator,
  createESRGANTrainer,
  createRRDBGenerator,
  randomFeatures,
} from '../../src/esrgan/index.js'
import { createSiamese, createSiameseTrainer } from '../../src/siamese/index.js'
import { useBackend } from '../helpers/backend.js'

/** Tensors, their bytes and the wasm heap after each of the steps. */
async function footprints(steps: number, step: (n: number) => Promise<unknown>): Promise<number[][]> {
  const all: number[][] = []
  for (let n = 0; n < steps; n++) {
    await step(n)
    const { numTensors, numBytes } = tf.memory()
    all.push([numTensors, numBytes, wasmMemory()!.heapBytes])
  }
  return all
}

describe('memory over training steps on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it.each([undefined, 1])('is flat for ESRGAN, micro-batches of %s', async (microBatch) => {
    const source = syntheticHistology({ patients: 2, imagesPerPatient: 2, width: 64, height: 64 })
    const images = await Promise.all(source.records.map((record) => source.read(record)))
    const patches = patchSampler({ images, patchSize: 32, batchSize: 2 })
    using generator = createRRDBGenerator({ blocks: 2, features: 8, growth: 4, checkpoint: microBatch === 1 })
    using discriminator = createDiscriminator({ patchSize: 32, features: 4 })
    const features = randomFeatures()
    using trainer = createESRGANTrainer({
      generator,
      discriminator,
      features,
      ema: 0.999,
      ...(microBatch === undefined ? {} : { microBatch }),
    })
    const run = async (n: number, step: typeof trainer.psnrStep): Promise<void> => {
      const batch = await patches.step(n)
      await step(batch, 1e-4)
      tf.dispose([batch.lr, batch.hr])
    }
    const psnr = await footprints(20, (n) => run(n, trainer.psnrStep))
    expect(new Set(psnr.slice(5).map(String)).size).toBe(1)
    const gan = await footprints(20, (n) => run(n, trainer.ganStep))
    expect(new Set(gan.slice(5).map(String)).size).toBe(1)
    features.dispose()
  })

  it.each([undefined, 2])('is flat for the Siamese network, micro-batches of %s', async (microBatch) => {
    using network = createSiamese({ inputShape: [32, 32, 3], widths: [4, 8], embeddingSize: 8 })
    using trainer = createSiameseTrainer({
      network,
      images: (indices) => tf.fill([indices.length, 32, 32, 3], 0.5),
      labels: [0, 0, 1, 1],
      ...(microBatch === undefined ? {} : { microBatch }),
    })
    const pairs = { a: [0, 1, 2, 3], b: [1, 2, 3, 0], isSimilar: [1, 0, 1, 0] }
    const all = await footprints(20, () => trainer.train(pairs))
    expect(new Set(all.slice(5).map(String)).size).toBe(1)
  })
})
