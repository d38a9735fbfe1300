// A loss of your own in the training of the generator: sharp edges where the original has them.
import * as tf from '@tensorflow/tfjs-core'
import { patchSampler, syntheticHistology } from 'esrgan-scnn/data'
import { createRRDBGenerator, trainESRGAN, type GeneratorContext } from 'esrgan-scnn/esrgan'
import { l1Loss, type LossTerm } from 'esrgan-scnn/losses'
import { startBackend } from 'esrgan-scnn/node'

/** Differences of neighbouring rows, `[batch, height - 1, width, 3]`. */
const rowDifferences = (images: tf.Tensor4D): tf.Tensor4D => {
  const [batch, height, width, channels] = images.shape
  const size: [number, number, number, number] = [batch, height - 1, width, channels]
  return tf.sub(tf.slice4d(images, [0, 1, 0, 0], size), tf.slice4d(images, [0, 0, 0, 0], size))
}

// A term has a name, a weight, and a function from what the trainer has computed to a scalar.
const edges: LossTerm<GeneratorContext> = {
  name: 'edges',
  weight: 0.5,
  fn: ({ sr, hr }) => tf.mean(tf.abs(tf.sub(rowDifferences(sr), rowDifferences(hr)))),
}

await startBackend('wasm')
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
