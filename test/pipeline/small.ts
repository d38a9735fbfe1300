import { syntheticHistology, type ImageSource } from '../../src/data/index.js'
import type { PipelineOptions, PipelineResult } from '../../src/pipeline/index.js'

/** 3 benign and 5 malignant patients. */
export const smallData: ImageSource = syntheticHistology({
  patients: 8,
  imagesPerPatient: 4,
  width: 96,
  height: 64,
  seed: 3,
})

/** The same code path as the presets, as small as it goes: 16 -> 64 pixels. */
export const small = {
  data: smallData,
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
    microBatch: 1,
    psnrSteps: 3,
    ganSteps: 2,
    saveEvery: 2,
    evaluationImages: 2,
  },
  siamese: { widths: [4, 8], embeddingSize: 4, epochs: 3, batchSize: 8, microBatch: 4 },
} satisfies PipelineOptions

/** What must be equal between two runs: all but the clock. */
export const comparable = ({ report, models, pictures }: PipelineResult): unknown => ({
  report: { ...report, seconds: {}, dataTime: {} },
  models,
  mistakes: pictures.mistakes,
})
