import * as tf from '@tensorflow/tfjs-core'
import { createDiscriminator, createRRDBGenerator, type GeneratorOptions } from '../../../src/esrgan/index.js'
import { getWeights, lossGradients, type Network } from '../../../src/training/index.js'
import type { NamedTensor } from '../../../src/weights/index.js'
import { fillByFormula, formulaImages, summarise, weightedSum, type Summary } from '../../esrgan/formula.js'
import golden from '../../reference/esrgan_networks.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { read } from './statement.js'
import { compareWithTorch } from './torch.js'

type Comparisons = Record<string, Comparison>

/** The gradients of a loss by name, as plain arrays. */
async function gradientsOf(network: Network, loss: () => tf.Scalar): Promise<Map<string, NamedTensor>> {
  const { value, gradients } = lossGradients(network.trainable, loss)
  value.dispose()
  const arrays = new Map<string, NamedTensor>()
  for (const [name, gradient] of gradients) {
    const { shape } = gradient
    arrays.set(name, { shape, data: Float32Array.from(await read(gradient)) })
  }
  return arrays
}

interface GeneratorReference {
  options: GeneratorOptions
  input: [number, number, number]
  output: number[]
  inputGradient: number[]
  gradients: Record<string, Summary>
}

const generator = ({ options, input, ...expected }: GeneratorReference, checkpoint: boolean): ConformanceCase[] => {
  const text = `RRDB generator x${options.scale}${checkpoint ? ', checkpointed' : ''}`
  const run =
    (use: (x: tf.Tensor4D, apply: (x: tf.Tensor4D) => tf.Tensor4D, net: Network) => Promise<Comparisons>) =>
    async (): Promise<Comparisons> => {
      using network = createRRDBGenerator({ ...options, checkpoint })
      fillByFormula(network, 0.3)
      const x = formulaImages([...input, 3])
      try {
        return await use(x, network.apply, network)
      } finally {
        x.dispose()
      }
    }
  return [
    {
      name: text,
      group: 'network',
      tolerance: 1e-5,
      run: run(async (x, apply) => ({ output: { actual: await read(apply(x)), expected: expected.output } })),
    },
    {
      name: `gradients of ${text}`,
      group: 'network',
      tolerance: 3e-4,
      run: run(async (x, apply, network) => ({
        input: {
          actual: await read(tf.grad((images) => weightedSum(apply(images as tf.Tensor4D)))(x)),
          expected: expected.inputGradient,
        },
        ...compareWithTorch(await gradientsOf(network, () => weightedSum(apply(x))), expected.gradients),
      })),
    },
  ]
}

const { discriminator } = golden
const flattened = { height: 4, width: 4, channels: 4 * discriminator.options.features }

const discriminatorCases: ConformanceCase[] = [
  {
    name: 'discriminator in training: logits, running statistics, then evaluation',
    group: 'network',
    tolerance: 5e-5,
    async run() {
      using network = createDiscriminator(discriminator.options)
      fillByFormula(network, 0.2, flattened)
      const x = formulaImages([discriminator.batch, 32, 32, 3])
      const train = await read(network.apply(x, { training: true }))
      const evaluated = await read(network.apply(x))
      x.dispose()
      const statistics = await getWeights(new Map([...network.variables].filter(([, { trainable }]) => !trainable)))
      return {
        train: { actual: train, expected: discriminator.train },
        evaluated: { actual: evaluated, expected: discriminator.eval },
        ...compareWithTorch(statistics, discriminator.running),
      }
    },
  },
  {
    name: 'gradients of the discriminator in training',
    group: 'network',
    tolerance: 2e-4,
    async run() {
      using network = createDiscriminator(discriminator.options)
      fillByFormula(network, 0.2, flattened)
      const x = formulaImages([discriminator.batch, 32, 32, 3])
      const judge = (images: tf.Tensor): tf.Scalar =>
        weightedSum(network.apply(images as tf.Tensor4D, { training: true }))
      const dx = await read(tf.grad(judge)(x))
      const gradients = await gradientsOf(network, () => judge(x))
      x.dispose()
      const input: Summary = discriminator.inputGradient
      return {
        input: {
          actual: summarise(dx, input),
          expected: Array.isArray(input) ? input : input.projections,
        },
        ...compareWithTorch(gradients, discriminator.gradients, flattened),
      }
    },
  },
]

/** The networks of ESRGAN against PyTorch, forward and backward. */
export const networkCases: readonly ConformanceCase[] = [
  ...(golden.generators as unknown as GeneratorReference[]).flatMap((reference) =>
    [false, true].flatMap((checkpoint) => generator(reference, checkpoint)),
  ),
  ...discriminatorCases,
]
