import * as tf from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { leakyRelu, maxPool2x2 } from '../../src/backend/index.js'
import {
  createDiscriminator,
  createESRGANTrainer,
  createRRDBGenerator,
  type ESRGANTrainerOptions,
} from '../../src/esrgan/index.js'
import type { FeatureExtractor } from '../../src/losses/index.js'
import { createNetwork, getWeights, type NamedTensors } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose } from '../helpers/tensors.js'
import { fillByFormula, relativeL2, toTorch } from './reference.js'

interface Trace<Tensor> {
  rate: number
  values: Record<string, number>[]
  generator: Record<string, Tensor>
  ema: Record<string, Tensor>
  discriminator: Record<string, Tensor>
}

// The conventions (order of the passes, what is detached, batch normalisation) stand in esrgan_training.py.
const { traces } = JSON.parse(readFileSync(new URL('../reference/esrgan_training.json', import.meta.url), 'utf8')) as {
  traces: { basicsr: Trace<string>; eq2: Trace<[number, number, number]> }
}

const flattened = { height: 4, width: 4, channels: 4 }

/** The script's images of step n. */
const images = (n: number, side: number): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: 3 * side * side * 3 }, (_, k) => 0.5 + 0.5 * Math.sin(0.9 * k + 0.05 * n * (k % 7))),
    [3, side, side, 3],
  )

/** The script's frozen network: conv, ReLU, max-pool, conv. */
function smallFeatures(): FeatureExtractor & Disposable {
  const kernel = (inputs: number): tf.Variable => tf.variable(tf.zeros([3, 3, inputs, 4]))
  const [w1, b1, w2, b2] = [kernel(3), tf.variable(tf.zeros([4])), kernel(4), tf.variable(tf.zeros([4]))]
  const network = createNetwork(new Map(Object.entries({ w1, b1, w2, b2 })))
  fillByFormula(network, 0.4)
  const convolve = (x: tf.Tensor4D, w: tf.Variable, b: tf.Variable): tf.Tensor4D =>
    tf.add(tf.conv2d(x, w as tf.Tensor as tf.Tensor4D, 1, 'same'), b)
  return {
    name: 'small',
    description: 'of the trace',
    apply: (x) => tf.tidy(() => convolve(maxPool2x2(leakyRelu(convolve(x, w1, b1), 0)), w2, b2)),
    dispose: network.dispose,
    [Symbol.dispose]: network.dispose,
  }
}

type Tensors = Record<string, Map<string, Float32Array>>

/** Five updates from the formula's weights; the tensors in PyTorch's layout. */
async function fiveUpdates(
  rate: number,
  options: Partial<ESRGANTrainerOptions>,
  checkpoint = false,
): Promise<{ values: Record<string, number>[]; before: Tensors; tensors: Tensors }> {
  using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2, checkpoint })
  using discriminator = createDiscriminator({ patchSize: 32, features: 1 })
  using features = smallFeatures()
  fillByFormula(generator, 0.3)
  fillByFormula(discriminator, 0.2, flattened)
  using trainer = createESRGANTrainer({ generator, discriminator, features, ema: 0.9, ...options })
  const inTorch = (tensors: NamedTensors): Map<string, Float32Array> =>
    new Map([...tensors].map(([name, tensor]) => [name, toTorch(name, tensor, flattened)]))
  const read = async (): Promise<Tensors> => ({
    generator: inTorch(await getWeights(generator.variables)),
    ema: inTorch((await trainer.emaWeights())!),
    discriminator: inTorch(await getWeights(discriminator.variables)),
  })
  const before = await read()
  const values: Record<string, number>[] = []
  for (let n = 0; n < 5; n++) {
    const batch = { lr: images(n, 8), hr: images(n, 32) }
    values.push(await trainer.ganStep(batch, rate))
    tf.dispose([batch.lr, batch.hr])
  }
  return { values, before, tensors: await read() }
}

const decoded = (base64: string): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer)

function expectValues(actual: Record<string, number>[], expected: Record<string, number>[], tolerance = 1e-4): void {
  for (const [i, wanted] of expected.entries()) {
    expect(Object.keys(actual[i]!).toSorted()).toEqual(Object.keys(wanted).toSorted())
    for (const [name, value] of Object.entries(wanted)) {
      expect(Math.abs(actual[i]![name]! / value - 1), `${name} of update ${i}`).toBeLessThan(tolerance)
    }
  }
}

describe.each(['wasm', 'cpu'] as const)('five GAN updates on %s', (backend) => {
  beforeAll(() => useBackend(backend, 'exact'))

  it.each([
    ['in one', {}, false],
    ['in parts of 2 with checkpointed blocks', { microBatch: 2 }, true],
  ] as const)('match PyTorch in every tensor: %s', async (_, options, checkpoint) => {
    const { values, tensors, before } = await fiveUpdates(traces.basicsr.rate, options, checkpoint)
    expectValues(values, traces.basicsr.values)
    for (const part of ['generator', 'ema', 'discriminator'] as const) {
      const wanted = traces.basicsr[part]
      expect([...tensors[part]!.keys()].toSorted()).toEqual(Object.keys(wanted).toSorted())
      for (const [name, encoded] of Object.entries(wanted)) {
        const [start, found] = [before, tensors].map((each) => each[part]!.get(name)!) as [Float32Array, Float32Array]
        const reached = decoded(encoded)
        expect(relativeL2(found, reached), `${part} ${name}`).toBeLessThan(1e-4)
        // Ten times stricter on what was learnt, which is a few hundredths of the weights.
        const learnt = [found, reached].map((each) => each.map((value, i) => value - start[i]!))
        expect(relativeL2(learnt[0]!, learnt[1]!), `change of ${part} ${name}`).toBeLessThan(1e-3)
      }
    }
  })

  it('match PyTorch by equation (2), with the sum of the terms and gradient through the means', async () => {
    const { values, tensors } = await fiveUpdates(traces.eq2.rate, {
      perceptual: { criterion: 'l2', reduction: 'sum' },
      relativistic: { reduction: 'sum', detachMeans: false },
    })
    // With gradient through the means the loss does not change when all logits move together: the gradient of the last
    // bias, and of those before it whose unit is on (or off) for every image, is rounding noise, which Adam makes steps
    // of. What is left out here is determined by nothing else.
    const apart = ({ 'discriminator/real': real, 'discriminator/fake': fake, ...rest }: Record<string, number>) => ({
      ...rest,
      apart: real! - fake!,
    })
    expectValues(values.map(apart), traces.eq2.values.map(apart), 1e-3)
    for (const part of ['generator', 'ema', 'discriminator'] as const) {
      for (const [name, wanted] of Object.entries(traces.eq2[part])) {
        if (/^linear\d\.bias$/.test(name)) continue
        const flat = tensors[part]!.get(name)!
        const found = [1, 2, 3].map((j) => flat.reduce((sum, value, k) => sum + value * Math.sin(0.1 * j * k), 0))
        expectClose(found, wanted, 1e-4)
      }
    }
  })
})
