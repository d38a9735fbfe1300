import { expect, it } from 'vitest'
import type { ImageRecord, ImageSource } from '../../src/data/index.js'
import { reportMarkdown, trainPipeline, type RunResult } from '../../src/pipeline/index.js'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'

const [patients, imagesPerPatient, side] = [32, 6, 48]

/**
 * Images that say nothing of the diagnosis, and all of the patient: noise, and in it a coloured tag, squares of colours that each
 * patient has to itself. Who is malignant was drawn by lot.
 */
function taggedImages(seed: number): ImageSource {
  const records: ImageRecord[] = []
  for (let p = 0; p < patients; p++) {
    const patient = `patient-${String(p).padStart(2, '0')}`
    for (let i = 0; i < imagesPerPatient; i++) {
      records.push({ id: `${patient}-${i}`, label: p % 2 === 0 ? 'benign' : 'malignant', patient })
    }
  }
  return {
    kind: 'custom',
    description: 'noise with a tag of each patient',
    records,
    async read({ id, patient }) {
      const tag = createRandom(seed, 'tag', patient)
      const colours = Array.from({ length: 4 }, () => [tag.integer(256), tag.integer(256), tag.integer(256)])
      const noise = createRandom(seed, 'noise', id)
      const data = new Uint8Array(side * side * 3)
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const square = colours[2 * Math.floor(y / (side / 2)) + Math.floor(x / (side / 2))]!
          const isTag = x % (side / 2) < side / 3 && y % (side / 2) < side / 3
          for (let c = 0; c < 3; c++) {
            data[(y * side + x) * 3 + c] = isTag ? square[c]! : 128 + noise.integer(60) - 30
          }
        }
      }
      return { width: side, height: side, channels: 3, data, maxValue: 255 }
    },
  }
}

it('tells a planted leak: by image all looks well, by patient nothing is there', async () => {
  await useBackend('wasm')
  const { report } = await trainPipeline({
    data: taggedImages(1),
    seed: 1,
    split: ['image', 'patient'],
    ablation: ['none'],
    inputSize: 24,
    esrgan: {
      blocks: 1,
      features: 4,
      growth: 2,
      discriminatorFeatures: 2,
      psnrPatch: 32,
      ganPatch: 32,
      batchSize: 1,
      microBatch: 1,
      psnrSteps: 1,
      ganSteps: 1,
      evaluationImages: 1,
    },
    siamese: { widths: [16, 32, 32], embeddingSize: 16, epochs: 14, batchSize: 16, microBatch: 16, dropout: 0.2 },
  })
  const [image, patient] = report.runs as [RunResult, RunResult]

  // Each test image has others of its patient on the training side, and every head recognises them.
  expect(image.leakedTestImages).toBe(image.test.images)
  expect(report.leakage.onBothSides.patients).toHaveLength(image.test.patients)
  for (const head of [image.heads.sigmoid, image.heads.support]) {
    expect(head.overall.accuracy).toBeGreaterThan(0.95)
    expect(head.overall.auc).toBeGreaterThan(0.95)
  }

  // The same pictures, network and seeds, and patients that were never seen: no better than a coin, and the intervals say so.
  expect(patient.leakedTestImages).toBe(0)
  const { accuracy, auc, aucByPatient, patientAuc, decisions, locked } = patient.heads.sigmoid.overall
  expect(accuracy).toBeLessThan(0.7)
  expect(auc).toBeLessThan(0.7)
  for (const interval of [decisions.accuracyByPatient, aucByPatient, patientAuc!.interval, locked!.accuracyByPatient]) {
    expect(interval!.low).toBeLessThan(0.5)
    expect(interval!.high).toBeGreaterThan(0.5)
  }
  expect(patient.heads.support.overall.accuracy).toBeLessThan(0.7)
  expect(patient.heads.pair!.pairAccuracyInterval!.low).toBeLessThan(0.5)

  const text = reportMarkdown(report)
  expect(text).toContain(`**${image.test.patients} patients on both sides**`)
  expect(text).toContain('images of one patient are on both sides, and the accuracy is too good')
})
