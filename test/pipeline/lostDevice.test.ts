import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { memoryStore, syntheticHistology } from '../../src/data/index.js'
import { BackendFailedError } from '../../src/errors.js'
import { trainPipeline, type PipelineOptions, type PipelineResult } from '../../src/pipeline/index.js'
import { useBackend } from '../helpers/backend.js'

const options: PipelineOptions = {
  data: syntheticHistology({ patients: 6, imagesPerPatient: 2, magnifications: [40], width: 48, height: 48, seed: 3 }),
  inputSize: 16,
  testFraction: 0.3,
  seed: 5,
  esrgan: {
    blocks: 1,
    features: 4,
    growth: 2,
    discriminatorFeatures: 2,
    psnrPatch: 32,
    ganPatch: 32,
    batchSize: 2,
    microBatch: 2,
    psnrSteps: 5,
    ganSteps: 5,
    saveEvery: 2,
    evaluationImages: 2,
  },
  siamese: { widths: [4, 8], embeddingSize: 4, epochs: 3, batchSize: 4, microBatch: 4 },
  validationFraction: 0,
}

/** All but the clock. */
const comparable = ({ report, models }: PipelineResult): unknown => ({
  report: { ...report, seconds: {}, dataTime: {} },
  models,
})

/** A backend as a new process has it, with a device that can be lost. */
async function startAnew(): Promise<{ lose(): void }> {
  await useBackend('wasm')
  const factory = tf.findBackendFactory('wasm')
  tf.removeBackend('wasm')
  tf.registerBackend('wasm', factory)
  await useBackend('wasm')
  let lose!: () => void
  const lost = new Promise((resolve) => {
    lose = () => resolve({ reason: 'unknown', message: 'the driver was reset' })
  })
  Object.assign(tf.backend(), { device: { lost } })
  return { lose }
}

describe('trainPipeline on a device that is lost', () => {
  let lose: () => void
  let expected: PipelineResult
  beforeAll(async () => {
    await useBackend('wasm')
    expected = await trainPipeline(options)
  })
  beforeEach(async () => {
    ;({ lose } = await startAnew())
  })

  it.each([
    ['psnr', 3],
    ['gan', 3],
    ['siamese', 2],
  ])(
    'in %s at step %i throws BackendFailedError, and goes on from its store to the same result',
    async (stage, step) => {
      const store = memoryStore()
      const lost = trainPipeline({
        ...options,
        store,
        onProgress: (event) => {
          if (event.stage === stage && event.step === step) lose()
        },
      })
      await expect(lost).rejects.toThrow(BackendFailedError)
      await startAnew()
      const steps: number[] = []
      const resumed = await trainPipeline({
        ...options,
        store,
        resume: true,
        onProgress: (event) => {
          if (event.stage === stage) steps.push(event.step)
        },
      })
      expect(comparable(resumed)).toEqual(comparable(expected))
      // It went on from the last state, not from the beginning.
      if (stage === 'psnr' || stage === 'gan') expect(steps[0]).toBe(3)
    },
  )
})
