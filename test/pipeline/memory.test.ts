import { beforeAll, describe, expect, it } from 'vitest'
import { OutOfMemoryError } from '../../src/backend/index.js'
import { syntheticHistology } from '../../src/data/index.js'
import { estimateTrainingMemory } from '../../src/esrgan/index.js'
import { estimatePipelineMemory, trainPipeline } from '../../src/pipeline/index.js'
import { useBackend } from '../helpers/backend.js'

describe('the memory of the pipeline', () => {
  beforeAll(() => useBackend('wasm'))

  it('is that of its larger stage', () => {
    const { stage, bytes } = estimatePipelineMemory({ preset: 'quick' })
    expect(stage).toBe('psnr')
    const generator = { blocks: 2, features: 16, growth: 8, bicubicSkip: true }
    expect(bytes).toBe(estimateTrainingMemory({ generator, patchSize: 64, batchSize: 8 }).bytes)
    expect(estimatePipelineMemory({ esrgan: { discriminatorFeatures: 64 } }).stage).toBe('gan')
    expect(estimatePipelineMemory({ esrgan: { discriminatorFeatures: 64, ganSteps: 0 } }).stage).toBe('psnr')
  })

  it('that cannot be had is refused before an image is read', async () => {
    const data = syntheticHistology({ patients: 4, imagesPerPatient: 2, magnifications: [40], seed: 3 })
    let reads = 0
    const counted = { ...data, read: (record: (typeof data.records)[number]) => (reads++, data.read(record)) }
    const esrgan = { blocks: 23, features: 64, growth: 32, microBatch: 8 }
    const huge = trainPipeline({ data: counted, esrgan: { ...esrgan, psnrPatch: 256, batchSize: 16, microBatch: 16 } })
    await expect(huge).rejects.toThrow(OutOfMemoryError)
    expect(reads).toBe(0)
  })
})
