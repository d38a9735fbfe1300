import type { MagnificationCounts } from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'
import { evaluate as evaluateScored } from '../../src/pipeline/evaluation.js'
import type { Evaluation, PipelineReport, PipelineResult } from '../../src/pipeline/reportTypes.js'
import { publishedResults } from '../../src/pipeline/published.js'
import { createRandom } from '../../src/random.js'
import { rocCurve } from '../../src/metrics/index.js'

/** A made-up picture: stripes and blobs of two colours, so that enlargements are visible. */
export function madeUpImage(width: number, height: number, seed = 0): PixelImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const blob = Math.sin((x + seed * 7) / 5) * Math.cos((y - seed * 3) / 6)
      const at = (y * width + x) * 3
      data[at] = 200 + 40 * blob
      data[at + 1] = 130 + 90 * blob
      data[at + 2] = 190 + 30 * blob
    }
  }
  return { width, height, channels: 3, data, maxValue: 255 }
}

/** Seeded made-up predictions of a fairly good classifier. */
function predictions(n: number): PipelineReport['predictions'] {
  const random = createRandom(5, 'made up')
  return Array.from({ length: n }, (_, i) => {
    const malignant = i % 5 < 3
    return {
      id: `image-${i}`,
      patient: `p${i % 7}`,
      magnification: ([40, 100, 200, 400] as const)[i % 4]!,
      label: malignant ? ('malignant' as const) : ('benign' as const),
      score: Math.min(1, Math.max(0, random.normal(malignant ? 0.65 : 0.4, 0.2))),
      support: (i % 6) / 5,
    }
  })
}

/** What the pipeline finds of them. */
function evaluate(items: PipelineReport['predictions'], isProbability = true): Evaluation {
  return evaluateScored(
    items.map(({ id, patient, label, score }) => ({ record: { id, patient, label }, score })),
    { isProbability },
  )
}

/** An audit that found nothing. */
export const noLeakage: PipelineReport['leakage'] = {
  onBothSides: { images: [], slides: [], patients: [], accessions: [] },
  leakedTestImages: 0,
  testImagesInLeaks: 0,
  unknown: { slides: 0, accessions: 0 },
  collisions: [],
  duplicates: [],
  pictures: { compared: 192, blank: 0, crowded: 0 },
  leaks: [],
}

/** A pipeline's result without a pipeline: every field filled, nothing measured. */
export function madeUpResult(
  protocol: Partial<PipelineReport['protocol']> = {},
  rest: Partial<PipelineReport> = {},
): PipelineResult {
  const items = predictions(64)
  const overall = evaluate(items)
  const byMagnification = Object.fromEntries(
    [40, 100, 200, 400].map((m) => [String(m), evaluate(items.filter((item) => item.magnification === m))]),
  )
  const support = {
    overall: evaluate(
      items.map((item) => ({ ...item, score: item.support })),
      false,
    ),
    byMagnification: {},
    method: 'kNN, k = 5',
    references: 128,
  }
  const { fpr, tpr } = rocCurve(
    items.map((item) => item.label === 'malignant'),
    items.map((item) => item.score),
  )
  const counts = ([a, b, c, d]: readonly [number, number, number, number]): MagnificationCounts => ({
    40: a,
    100: b,
    200: c,
    400: d,
  })
  const falling = (step: number, start: number): number => start / (1 + step / 8) + 0.004 * Math.sin(step * 3)
  const sides = {
    train: { images: 128, augmented: 16, patients: 17 },
    validation: null,
    test: { images: 64, patients: 7 },
  }
  const history = Array.from({ length: 10 }, (_, i) => ({
    epoch: i + 1,
    loss: falling(i, 0.9),
    accuracy: 0.97 - 0.4 / (1 + i),
    heldOutLoss: falling(i, 0.95) + 0.05,
    heldOutAccuracy: 0.88 - 0.35 / (1 + i) + 0.02 * Math.sin(i * 2),
    heldOutAuc: 0.9 - 0.35 / (1 + i),
  }))
  const report: PipelineReport = {
    schemaVersion: 3,
    protocol: {
      split: 'patient',
      seed: 1,
      preset: 'quick',
      backend: 'wasm',
      source: 'synthetic',
      sourceDescription: 'drawn histology, 24 patients x 8 images',
      images: 192,
      patients: 24,
      ...sides,
      curves: 'test',
      inputSize: 32,
      networks: {
        generator: 'RRDB, 2 blocks, 16 features, 123,456 parameters, bicubic skip',
        discriminator: 'VGG style, 64 pixels, 234,567 parameters',
        siamese: 'four convolutions, 32 features, 345,678 parameters',
      },
      perceptual: 'random',
      settings: { psnrSteps: 60, ganSteps: 20, epochs: 10, batchSize: 32, bicubicSkip: true },
      maxSteps: null,
      skipped: [],
      ...protocol,
    },
    tableI: {
      measured: { benign: counts([20, 20, 20, 20]), malignant: counts([28, 28, 28, 28]) },
      slides: { benign: 10, malignant: 14 },
      published: { benign: counts([625, 644, 623, 588]), malignant: counts([1370, 1437, 1390, 1232]) },
    },
    leakage: noLeakage,
    runs: [
      {
        split: 'patient',
        arm: 'esrgan',
        ...sides,
        leakedTestImages: 0,
        heads: { sigmoid: { overall, byMagnification }, support, pair: null },
        history,
        keptEpoch: history.length,
        predictions: items,
      },
    ],
    comparisons: [],
    results: { overall, byMagnification },
    predictions: items,
    embedding: null,
    versions: { package: '0.0.0', tfjs: '4.22.0' },
    roc: { fpr, tpr },
    superResolution: {
      psnr: 27.81,
      ssim: 0.7421,
      bicubicPsnr: 28.02,
      bicubicSsim: 0.7305,
      channel: 'y',
      crop: 4,
      n: 16,
    },
    history: {
      esrgan: [
        ...Array.from({ length: 60 }, (_, i) => ({
          stage: 'psnr' as const,
          step: i + 1,
          values: { l1: falling(i, 0.2), total: falling(i, 0.2) },
        })),
        ...Array.from({ length: 20 }, (_, i) => ({
          stage: 'gan' as const,
          step: i + 1,
          values: {
            perceptual: falling(i, 1.5),
            relativistic: 0.7 + 0.1 * Math.sin(i),
            l1: falling(i, 0.05),
            total: falling(i, 1.6),
            discriminator: 0.69 - 0.01 * i,
          },
        })),
      ],
      rollBacks: [],
      siamese: history,
    },
    published: publishedResults,
    figures: [],
    seconds: { psnr: 42.3, gan: 31.9, superResolve: 12, siamese: 61.2 },
    dataTime: { psnr: { seconds: 42.3, waited: 0.5, worked: 1.615, share: 0.05 } },
    ...rest,
  }
  return {
    report,
    pictures: {
      augmented: Array.from({ length: 8 }, (_, i) => ({
        caption: `SOB_M_DC-14-2523-100-00${i}: ${(i * 2.3 - 9).toFixed(1)}°, zoom 0.9${i} x 1.0${i}`,
        image: madeUpImage(32, 32, i),
      })),
      panels: Array.from({ length: 3 }, (_, i) => ({
        caption: `SOB_M_DC-14-2523-100-00${i}, malignant, 100x`,
        lr: madeUpImage(96, 96, i),
        bicubic: madeUpImage(96, 96, i + 1),
        sr: madeUpImage(96, 96, i + 2),
        hr: madeUpImage(96, 96, i + 3),
        psnr: { bicubic: 28.123 + i, sr: 27.9 + i * 1.2 },
      })),
      mistakes: [],
    },
    models: { generator: Uint8Array.of(1, 2, 3), siamese: Uint8Array.of(4, 5, 6) },
  }
}
