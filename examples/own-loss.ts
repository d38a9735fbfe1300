// A loss of your own in one file: the function, the tests of its contract, and a training that uses it.
// Sharp edges where the original has them: differences of neighbouring rows, compared.
import * as tf from '@tensorflow/tfjs-core'
import { patchSampler, syntheticHistology } from 'esrgan-scnn/data'
import { createRRDBGenerator, trainESRGAN, type GeneratorContext } from 'esrgan-scnn/esrgan'
import { l1Loss, type LossTerm } from 'esrgan-scnn/losses'
import { startBackend } from 'esrgan-scnn/node'
import { testLoss } from 'esrgan-scnn/testing'
import { describe, it } from 'node:test'

/** Differences of neighbouring rows, `[batch, height - 1, width, channels]`. */
function rowDifferences(images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape
  const size: [number, number, number, number] = [batch, height - 1, width, channels]
  return tf.sub(tf.slice4d(images, [0, 1, 0, 0], size), tf.slice4d(images, [0, 0, 0, 0], size))
}

/** Mean of `sqrt(d^2 + 1e-6)` over the differences d of the two images' row differences: |d|, smooth at 0. */
function edgeLoss(prediction: tf.Tensor4D, target: tf.Tensor4D): tf.Scalar {
  if (prediction.shape.join() !== target.shape.join())
    throw new RangeError(`prediction [${prediction.shape}] and target [${target.shape}] differ in shape`)
  return tf.tidy(() => {
    const difference = tf.sub(rowDifferences(prediction), rowDifferences(target))
    return tf.mean(tf.sqrt(tf.add(tf.square(difference), 1e-6)))
  })
}

/** One column of pixels as an image with one channel. */
const column = (...values: number[]): number[][][][] => [values.map((value) => [[value]])]

await startBackend('wasm')

testLoss(
  'edgeLoss',
  ([prediction, target]) => edgeLoss(prediction as tf.Tensor4D, target as tf.Tensor4D),
  {
    golden: [
      {
        name: 'by hand',
        inputs: [column(0, 3, 3), column(0, 0, 2)],
        value: (3 + 2) / 2,
        gradients: [column(-0.5, 1, -0.5), null],
      },
    ],
    gradient: [{ name: 'of both images', inputs: [column(0.1, 0.9, 0.4), column(0.5, 0.2, 0.6)], of: [0, 1] }],
    degenerate: [{ name: 'equal images', inputs: [column(1, 0), column(1, 0)], value: 1e-3, of: [0, 1] }],
    errors: [{ name: 'images of two sizes', inputs: [column(1, 2), column(1)], message: 'differ in shape' }],
  },
  { runner: { describe, it } },
)

it('trains a generator beside the losses that are there', async () => {
  // A term has a name, a weight, and a function from what the trainer has computed to a scalar.
  const edges: LossTerm<GeneratorContext> = { name: 'edges', weight: 0.5, fn: ({ sr, hr }) => edgeLoss(sr, hr) }
  const source = syntheticHistology({ patients: 2, imagesPerPatient: 2, width: 96, height: 96 })
  const images = await Promise.all(source.records.map((record) => source.read(record)))
  const generator = createRRDBGenerator({ blocks: 1, features: 8, growth: 4, bicubicSkip: true, seed: 1 })
  try {
    await trainESRGAN({
      generator,
      batch: patchSampler({ images, patchSize: 32, batchSize: 4, seed: 1 }).step,
      psnrSteps: 8,
      psnrLosses: [edges], // beside the stage's own term, l1
      ganSteps: 4,
      losses: [edges, { name: 'l1', weight: 0.1, fn: ({ sr, hr }) => l1Loss(sr, hr) }], // l1 is there: replaced by this one
      psnrRate: 1e-3,
      seed: 1,
      onProgress: ({ stage, step, values }) => {
        if (step % 4 === 0) console.log(`${stage} step ${step}:`, values)
      },
    })
  } finally {
    generator.dispose()
  }
})
