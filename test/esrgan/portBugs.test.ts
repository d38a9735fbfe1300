import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createDiscriminator,
  createRRDBGenerator,
  loadVGGFeatures,
  superResolve,
  upscale,
  type Generator,
} from '../../src/esrgan/index.js'
import { denseBlock, denseConvolutions, rrdb } from '../../src/esrgan/rrdb.js'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import type { PixelImage } from '../../src/image.js'
import { getWeights } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose } from '../helpers/tensors.js'

// Each is a mistake that a published port of ESRGAN made. Weights are chosen so that the right answer is known by hand.
const features = 2
const growth = 2
const slope = 0.2

beforeAll(() => useBackend('wasm'))

/** Kernel and bias of the five convolutions of a dense block, all zero but for what `edit` writes. */
function denseParameters(edit: (kernels: Float32Array[], biases: Float32Array[]) => void): tf.Tensor[] {
  const inputs = Array.from({ length: denseConvolutions }, (_, j) => features + j * growth)
  const outputs = inputs.map((_, j) => (j === denseConvolutions - 1 ? features : growth))
  const kernels = inputs.map((depth, j) => new Float32Array(9 * depth * outputs[j]!))
  const biases = outputs.map((depth) => new Float32Array(depth))
  edit(kernels, biases)
  return inputs.flatMap((depth, j) => [tf.tensor4d(kernels[j]!, [3, 3, depth, outputs[j]!]), tf.tensor1d(biases[j]!)])
}

/** The place of a kernel's centre weight from one channel to another, `[3, 3, inputs, outputs]`. */
const centre = (inputs: number, outputs: number, from: number, to: number): number => (4 * inputs + from) * outputs + to

const input = (): tf.Tensor4D => tf.tensor4d([0.5, -1, 2, 0.25, -0.75, 3, 1, -2], [1, 2, 2, features])

async function values(run: () => tf.Tensor): Promise<Float32Array> {
  const result = tf.tidy(run)
  const data = await result.data<'float32'>()
  result.dispose()
  return data
}

/** A generator whose weights are zero but for those named: of a kernel the centre, from each channel to the same. */
function plainGenerator(identities: readonly string[], biases: Readonly<Record<string, number>>): Generator {
  const generator = createRRDBGenerator({ blocks: 1, features: 3, growth, seed: 1 })
  for (const [name, variable] of generator.variables) {
    const [layer, kind] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)]
    const data = new Float32Array(variable.size)
    if (kind === 'bias') data.fill(biases[layer] ?? 0)
    else if (identities.includes(layer)) for (let c = 0; c < 3; c++) data[centre(3, 3, c, c)] = 1
    tf.tidy(() => variable.assign(tf.tensor(data, variable.shape)))
  }
  return generator
}

describe('known bugs of other ports', () => {
  it('LeakyReLU after the fifth convolution of a dense block: there is none', async () => {
    const x = await values(input)
    const y = await values(() => {
      const parameters = denseParameters((_, biases) => biases[4]!.fill(-1))
      return denseBlock(input(), parameters, 0.2)
    })
    expectClose(
      y,
      x.map((value) => value - 0.2),
      1e-6,
    )
  })

  it('the residual of a dense block added twice: it is added once, as is the one of an RRDB', async () => {
    const x = await values(input)
    const zeros = (): tf.Tensor[] => denseParameters(() => undefined)
    expectClose(await values(() => denseBlock(input(), zeros(), 0.2)), x, 1e-6)
    const three = (): tf.Tensor[] => [...zeros(), ...zeros(), ...zeros()]
    expectClose(
      await values(() => rrdb(input(), three(), 0.2)),
      x.map((value) => 1.2 * value),
      1e-6,
    )
  })

  it.each([1, 2, 3, 4])('plain ReLU after convolution %i of a dense block: it is LeakyReLU 0.2', async (j) => {
    const x = await values(input)
    const y = await values(() => {
      const parameters = denseParameters((kernels, biases) => {
        biases[j - 1]!.fill(-1)
        // The fifth convolution adds the j-th one's first output to the first feature.
        kernels[4]![centre(features + 4 * growth, features, features + (j - 1) * growth, 0)] = 1
      })
      return denseBlock(input(), parameters, 0.2)
    })
    expectClose(
      y,
      x.map((value, i) => (i % features === 0 ? value - 0.2 * slope : value)),
      1e-6,
    )
  })

  it.each([
    ['conv_hr', ['conv_last']],
    ['conv_up2', ['conv_hr', 'conv_last']],
    ['conv_up1', ['conv_up2', 'conv_hr', 'conv_last']],
  ] as const)('no LeakyReLU (or plain ReLU) after %s: there is one', async (layer, after) => {
    using generator = plainGenerator(after, { [layer]: -1 })
    // Each activation on the way, but for the one after conv_last, which there is not, multiplies by 0.2.
    const y = await values(() => generator.apply(tf.zeros([1, 2, 2, 3])))
    expectClose(y, new Float32Array(y.length).fill(-(slope ** after.length)), 1e-6)
  })

  it('upsampling by transposed convolution, or any but the nearest pixel: pixels are repeated 4 by 4', async () => {
    using generator = plainGenerator(['conv_first', 'conv_up1', 'conv_up2', 'conv_hr', 'conv_last'], {})
    const pixels = [0.1, 0.9, 0.3, 0.7, 0.2, 0.6, 0.5, 0.4, 0.8, 0, 1, 0.15]
    const y = await values(() => generator.apply(tf.tensor4d(pixels, [1, 2, 2, 3])))
    const expected = Array.from({ length: 8 * 8 * 3 }, (_, i) => {
      const [c, column, row] = [i % 3, Math.floor(i / 3) % 8, Math.floor(i / 24)]
      return pixels[(Math.floor(row / 4) * 2 + Math.floor(column / 4)) * 3 + c]!
    })
    expectClose(y, expected, 1e-6)
    for (const name of ['conv_up1.weight', 'conv_up2.weight']) {
      expect(generator.variables.get(name)!.shape).toEqual([3, 3, 3, 3])
    }
  })

  it('variance scaled by 0.1 instead of the weights: the weights of dense blocks are', async () => {
    using generator = createRRDBGenerator({ blocks: 1, features: 32, growth: 16, seed: 4 })
    for (const [name, { data, shape }] of await getWeights(generator.variables)) {
      if (!/^body.*weight$/.test(name)) continue
      const kaiming = Math.sqrt(2 / (9 * shape[2]!))
      const deviation = Math.sqrt(data.reduce((sum, value) => sum + value ** 2, 0) / data.length)
      // 0.316 where the variance is scaled.
      expect(Math.abs(deviation / kaiming / 0.1 - 1), name).toBeLessThan(0.1)
    }
  })

  it('VGG fed raw values of 0 to 1: its input is normalised, as the weights ask', async () => {
    const network = sequential()
    network.add(layers.conv2d({ name: 'pass', filters: 3, kernelSize: 1, inputShape: [1, 1, 3], useBias: false }))
    const identity = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 1, 3, 3])
    network.setWeights([identity])
    for (const [kind, expected] of [
      ['caffe', [127.5 - 103.939, 127.5 - 116.779, 127.5 - 123.68]],
      ['torchvision', [0.015 / 0.229, 0.044 / 0.224, 0.094 / 0.225]],
    ] as const) {
      const extractor = await loadVGGFeatures(network, { layer: 'pass', input: kind })
      expectClose(await values(() => extractor.apply(tf.fill([1, 1, 1, 3], 0.5))), expected, 1e-4)
      extractor.dispose()
    }
    identity.dispose()
    network.dispose()
  })

  it('truncation instead of rounding: 0.7 of a level is the next one, and values are clamped first', async () => {
    const image: PixelImage = { width: 2, height: 2, channels: 3, data: new Uint8Array(12), maxValue: 255 }
    for (const [level, expected] of [
      [99.7, 100],
      [99.3, 99],
      [254.8, 255],
      [300, 255],
      [-20, 0],
    ] as const) {
      using generator = plainGenerator([], { conv_last: level / 255 })
      const { data } = await upscale(generator, image)
      expect([...new Set(data)]).toEqual([expected])
      // Inside the networks nothing is rounded, and nothing clamped but what is asked for.
      const raw = await values(() => generator.apply(tf.zeros([1, 2, 2, 3])))
      expectClose(raw.slice(0, 1), [level / 255], 1e-6)
      const clamped = await values(() => superResolve(generator, tf.zeros([1, 2, 2, 3])))
      expectClose(clamped.slice(0, 1), [Math.min(1, Math.max(0, level / 255))], 1e-6)
    }
  })

  // Counted in PyTorch: sum of numel() over the parameters of Discriminator(size, 64) in test/reference/esrgan_networks.py.
  it.each([
    [32, 2_158_153],
    [64, 7_943_753],
    [128, 14_499_401],
    [256, 21_055_049],
    [512, 27_610_697],
  ])('a discriminator fixed at 128 pixels: at %i it has %i parameters', (patchSize, parameters) => {
    using discriminator = createDiscriminator({ patchSize })
    expect(discriminator.parameterCount).toBe(parameters)
  })
})
