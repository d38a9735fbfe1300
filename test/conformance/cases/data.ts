import * as tf from '@tensorflow/tfjs-core'
import { augment, patchSampler } from '../../../src/data/index.js'
import {
  createRRDBGenerator,
  loadGenerator,
  randomFeatures,
  receptiveRadius,
  saveGenerator,
  superResolve,
  upscale,
} from '../../../src/esrgan/index.js'
import { scaledKaimingNormal } from '../../../src/esrgan/initialise.js'
import { imageToTensor, tensorToImage, type PixelImage } from '../../../src/image.js'
import { createRandom } from '../../../src/random.js'
import { createConvEncoder, createSiamese } from '../../../src/siamese/index.js'
import { getWeights } from '../../../src/training/index.js'
import augmented from '../../reference/data_augment.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { convolution } from '../truth/convolution.js'
import { maxPooled } from '../truth/pooling.js'
import { bicubic } from '../truth/resize.js'
import { at, build, mapped, uniform, values, type Values } from '../truth/values.js'
import { both, compare, forward, read, tensorOf } from './statement.js'

/** (31 r^2 + 17 c^2 + 7 r c + 101 k) mod 256, over 255. */
function formulaPicture(height: number, width: number): Float32Array {
  const values = new Float32Array(height * width * 3)
  for (let i = 0; i < values.length; i++) {
    const [r, c, k] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3]
    values[i] = ((31 * r * r + 17 * c * c + 7 * r * c + 101 * k) % 256) / 255
  }
  return values
}

/** A picture of random pixels. */
function picture(seed: string, width: number, height: number, maxValue: 255 | 65535 = 255): PixelImage {
  const random = createRandom(0, 'conformance', seed)
  const numbers = Array.from({ length: width * height * 3 }, () => random.integer(maxValue + 1))
  const data = maxValue === 255 ? Uint8Array.from(numbers) : Uint16Array.from(numbers)
  return { width, height, channels: 3, data, maxValue }
}

/** The Keras cases of one kind: pictures of 8 bits on the [0, 1] scale. */
const augmentation = (name: string, isOfKind: (change: object) => boolean): ConformanceCase => ({
  name,
  group: 'data',
  tolerance: 1e-5,
  async run() {
    const found: Record<string, tf.Tensor> = {}
    const expected: Record<string, number[]> = {}
    for (const [i, each] of augmented.cases.entries()) {
      const { height, width, channels, fillMode, centre, augmentation: change, input, output } = each
      if (!isOfKind(change)) continue
      const unit = input.map((value) => value / 255)
      const name = `${i}: ${fillMode}`
      found[name] = tf.tidy(() =>
        augment(tf.tensor4d(unit, [1, height, width, channels]), [change], {
          fillMode: fillMode as 'reflect',
          centre: centre as 'keras3',
          fillValue: 0.25,
        }),
      )
      expected[name] = output
    }
    return compare(found, expected)
  },
})

/** 700x460 pixels: where float32 coordinates would lose digits. */
const largeAugmentation: ConformanceCase = {
  name: "augment, Keras' transforms of 700x460 pixels",
  group: 'data',
  tolerance: 1e-5,
  async run() {
    const [height, width] = [460, 700]
    const image = tf.tensor4d(formulaPicture(height, width), [1, height, width, 3])
    const found: Record<string, Comparison> = {}
    for (const { fillMode, centre, augmentation: change, step, output } of augmented.large) {
      const result = augment(image, [change], {
        fillMode: fillMode as 'reflect',
        centre: centre as 'keras3',
        fillValue: 0.25,
      })
      const all = await read(result)
      found[fillMode] = { actual: output.map((_, i) => all[i * step]!), expected: output }
    }
    image.dispose()
    return found
  },
}

const patches: ConformanceCase = {
  name: 'patchSampler: a patch and its bicubic quarter',
  group: 'data',
  tolerance: 1e-6,
  async run() {
    const image = picture('patch', 16, 16)
    const batch = await patchSampler({ images: [image], patchSize: 16, batchSize: 2, flips: false }).step(0)
    const twice = (numbers: ArrayLike<number>): number[] => [...Array.from(numbers), ...Array.from(numbers)]
    const quarter = bicubic(values([1, 16, 16, 3], image.data), 0.25)
    const rounded = mapped(quarter, (value) => Math.min(255, Math.max(0, Math.round(value))) / 255)
    return compare(
      { hr: batch.hr, lr: batch.lr },
      { hr: twice(Array.from(image.data, (value) => value / 255)), lr: twice(rounded.data) },
    )
  },
}

const round: ConformanceCase = {
  name: 'imageToTensor and tensorToImage: rounded, clamped',
  group: 'data',
  tolerance: 1e-6,
  async run() {
    const image = picture('pixels', 7, 5)
    const tensor = imageToTensor(image)
    const beyond = tf.tidy(() => tf.sub(tf.mul(tensor, 1.4), 0.1873)) as tf.Tensor3D
    const [same, other] = [await tensorToImage(tensor), await tensorToImage(beyond)]
    tf.dispose(beyond)
    const unit = Array.from(image.data, (value) => value / 255)
    return {
      tensor: { actual: await read(tensor), expected: unit },
      same: { actual: same.data, expected: image.data },
      other: {
        actual: other.data,
        expected: unit.map((value) => Math.round(Math.min(1, Math.max(0, 1.4 * value - 0.1873)) * 255)),
      },
    }
  },
}

const small = { blocks: 1, features: 3, growth: 2, seed: 3 } as const

const tiled: ConformanceCase = {
  name: 'upscale in tiles equals superResolve in one piece',
  group: 'data',
  tolerance: 5e-5,
  precision: 'exact',
  async run() {
    using generator = createRRDBGenerator({ ...small, features: 2, growth: 1 })
    const overlap = 2 * receptiveRadius(generator.config)
    const image = picture('tiled', 2 * overlap + 12, 6, 65535)
    const tiles = await upscale(generator, image, { tile: 2 * overlap + 4, overlap })
    const whole = tf.tidy(() => superResolve(generator, tf.expandDims(imageToTensor(image), 0) as tf.Tensor4D))
    const expected = Array.from(await read(whole), (value) => Math.round(value * 65535))
    return { pixels: { actual: tiles.data, expected } }
  },
}

const saved: ConformanceCase = {
  name: 'saveGenerator and loadGenerator keep the weights',
  group: 'data',
  tolerance: 0,
  async run() {
    using generator = createRRDBGenerator(small)
    using again = loadGenerator(await saveGenerator(generator))
    const [before, after] = [await getWeights(generator.variables), await getWeights(again.variables)]
    const found: Record<string, Comparison> = {}
    for (const [name, { data }] of before) found[name] = { actual: after.get(name)?.data ?? [], expected: data }
    return found
  },
}

/** The stand-in for VGG with one stage and a half, in float64. */
function randomFeaturesTruth(x: Values): Values {
  const draw = scaledKaimingNormal(5, 'random-features', 1)
  const kernel = (name: string, inputs: number, outputs: number): Values =>
    values([3, 3, inputs, outputs], draw(name, [3, 3, inputs, outputs], 9 * inputs))
  const relu = (y: Values): Values => mapped(y, (value) => Math.max(0, value))
  let y = mapped(x, (value) => value - 0.5)
  y = relu(convolution(y, kernel('0/0', 3, 4)))
  y = relu(convolution(y, kernel('0/1', 4, 4)))
  y = maxPooled(y, { size: [2, 2], stride: 2, pad: 'valid' })
  return convolution(relu(convolution(y, kernel('1/0', 4, 5))), kernel('1/1', 5, 5))
}

const extractor: ConformanceCase[] = both({
  name: 'randomFeatures',
  group: 'network',
  inputs: { images: uniform('randomFeatures', [2, 4, 6, 3], 0, 1) },
  op: (images: tf.Tensor4D) => {
    const features = randomFeatures({ seed: 5, widths: [4, 5] })
    const y = features.apply(images)
    features.dispose()
    return y
  },
  truth: randomFeaturesTruth,
})

const dropout: ConformanceCase = {
  name: 'dropout of the Siamese network: masks of seed, step and place',
  group: 'network',
  tolerance: 1e-5,
  async run() {
    using network = createSiamese({
      encoder: createConvEncoder({ inputShape: [8, 8, 3], widths: [6] }),
      embeddingSize: 4,
      dropout: 0.4,
    })
    const images = tensorOf(uniform('dropout', [3, 8, 8, 3], 0, 1)) as tf.Tensor4D
    const features = values([3, 6], await read(network.encoder.apply(images)))
    const embedded = network.embed(images, { dropout: { seed: 1, step: 2, start: 1, period: 2 } })
    images.dispose()
    const { data } = (await getWeights(network.variables)).get('embedding.weight')!
    const masks = [1, 2, 3].map((place) => {
      const random = createRandom(1, 'siamese', 'dropout', 2, place % 2)
      return Array.from({ length: 6 }, () => (random.uniform() < 0.4 ? 0 : 1 / 0.6))
    })
    const expected = build([3, 4], (i, k) =>
      masks[i]!.reduce((sum, mask, j) => sum + mask * at(features, i, j) * data[4 * j + k]!, 0),
    )
    return { embeddings: { actual: await read(embedded), expected: expected.data } }
  },
}

const skip: ConformanceCase = forward({
  name: 'an untrained generator with bicubicSkip is bicubic upsampling',
  group: 'network',
  inputs: { x: uniform('bicubicSkip', [2, 3, 4, 3], 0, 1) },
  op: (x: tf.Tensor4D) => {
    using generator = createRRDBGenerator({ ...small, bicubicSkip: true })
    return generator.apply(x)
  },
  truth: (x) => bicubic(x, 4),
})

/** Pictures to tensors and back, augmentation, tiles, stores and the parts of networks that are no step. */
export const dataCases: readonly ConformanceCase[] = [
  augmentation("augment, Keras' affine transforms, shifts and flips", (a) => !('brightness' in a)),
  augmentation("augment, Keras' brightness", (a) => 'brightness' in a),
  largeAugmentation,
  patches,
  round,
  tiled,
  saved,
  ...extractor,
  dropout,
  skip,
]
