import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential, type LayersModel } from '@tensorflow/tfjs-layers'
import {
  createDiscriminator,
  createESRGANTrainer,
  createRRDBGenerator,
  loadVGGFeatures,
  type VGGInput,
} from '../../../src/esrgan/index.js'
import { createPerceptualLoss } from '../../../src/losses/index.js'
import { getWeights } from '../../../src/training/index.js'
import { convKernelToHWIO } from '../../../src/weights/index.js'
import { fillByFormula, type Summary } from '../../esrgan/formula.js'
import golden from '../../reference/conformance_networks.json' with { type: 'json' }
import type { ConformanceCase } from '../case.js'
import { formula, images } from './formula.js'
import { compareValues, compareWithTorch } from './torch.js'
import { read } from './statement.js'

type Shape = [number, number, number, number]

/** A kernel `[rows, columns, in, out]` by formula, and its bias. */
function convolutionByFormula(shape: Shape, t: number, amplitude: number): [tf.Tensor, tf.Tensor] {
  const [rows, columns, inputs, outputs] = shape
  const torch = {
    shape: [outputs, inputs, rows, columns],
    data: formula(rows * columns * inputs * outputs, t, amplitude),
  }
  return [tf.tensor(convKernelToHWIO(torch).data, shape), tf.tensor1d(formula(outputs, t + 1, amplitude))]
}

/** Sets a layer's weights and disposes the tensors. */
function setLayer(network: LayersModel, name: string, weights: tf.Tensor[]): void {
  network.getLayer(name).setWeights(weights)
  tf.dispose(weights)
}

function smallVGG(): LayersModel {
  const convolution = (name: string, filters: number): layers.Layer =>
    layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', activation: 'relu', kernelInitializer: 'zeros' })
  const network = sequential({ name: 'small' })
  network.add(layers.inputLayer({ inputShape: [null, null, 3] as unknown as number[] }))
  network.add(convolution('block1_conv1', 4))
  network.add(convolution('block1_conv2', 4))
  network.add(layers.maxPooling2d({ name: 'block1_pool', poolSize: 2 }))
  network.add(convolution('block2_conv1', 6))
  network.add(convolution('block2_conv2', 5))
  for (const [i, [name, inputs, outputs]] of (
    [
      ['block1_conv1', 3, 4],
      ['block1_conv2', 4, 4],
      ['block2_conv1', 4, 6],
      ['block2_conv2', 6, 5],
    ] as const
  ).entries()) {
    setLayer(network, name, convolutionByFormula([3, 3, inputs, outputs], 2 * i, 0.4))
  }
  return network
}

/** Uses the extractor over the small VGG, and disposes it. */
async function withFeatures<T>(
  kind: VGGInput,
  use: (features: Awaited<ReturnType<typeof loadVGGFeatures>>) => Promise<T>,
): Promise<T> {
  const network = smallVGG()
  const features = await loadVGGFeatures(network, { layer: 'block2_conv2', input: kind })
  try {
    return await use(features)
  } finally {
    features.dispose()
    network.dispose()
  }
}

const vggCases: ConformanceCase[] = [
  {
    name: 'VGG features before their activation, both input conventions',
    group: 'network',
    tolerance: 1e-5,
    precision: 'exact',
    async run() {
      const x = images([2, 8, 12, 3], 0.9)
      const features = await withFeatures('torchvision', (each) => read(each.apply(x)))
      const caffe = await withFeatures('caffe', (each) => read(each.apply(x)))
      x.dispose()
      return {
        torchvision: { actual: features, expected: golden.vgg.features },
        caffe: { actual: caffe, expected: golden.vgg.caffe },
      }
    },
  },
  {
    name: 'gradient of the perceptual loss in the image',
    group: 'network',
    tolerance: 2e-5,
    async run() {
      const [prediction, target] = [images([2, 8, 12, 3], 0.9), images([2, 8, 12, 3], 1.3)]
      const { value, grad } = await withFeatures('torchvision', async (features) => {
        const loss = createPerceptualLoss(features)
        return tf.valueAndGrad((x) => loss(x as tf.Tensor4D, target))(prediction)
      })
      tf.dispose([prediction, target])
      return {
        loss: { actual: await read(value), expected: [golden.vgg.loss] },
        gradient: { actual: await read(grad), expected: golden.vgg.gradient },
      }
    },
  },
]

const small = { blocks: 1, features: 4, growth: 2 } as const
const adam = { epsilon: 1e-3 }

const rrdbStep = (name: string, checkpoint: boolean, microBatch?: number): ConformanceCase => ({
  name,
  group: 'network',
  tolerance: 1e-5,
  async run() {
    using generator = createRRDBGenerator({ ...small, checkpoint })
    fillByFormula(generator, 0.3)
    using trainer = createESRGANTrainer({ generator, adam, ...(microBatch === undefined ? {} : { microBatch }) })
    const batch = { lr: images([2, 3, 4, 3], 0.9), hr: images([2, 12, 16, 3], 0.57) }
    const found = [await trainer.psnrStep(batch, 1e-2), await trainer.psnrStep(batch, 1e-2)]
    tf.dispose([batch.lr, batch.hr])
    return {
      losses: { actual: found.map(({ total }) => total!), expected: golden.rrdb.losses },
      ...compareWithTorch(await getWeights(generator.variables), golden.rrdb.weights),
    }
  },
})

const flattened = { height: 4, width: 4, channels: 8 }

const ganStep: ConformanceCase = {
  name: 'GAN step with perceptual loss: losses, both networks, running statistics',
  group: 'network',
  tolerance: 3e-4,
  precision: 'exact',
  run: () =>
    withFeatures('torchvision', async (features) => {
      using generator = createRRDBGenerator(small)
      using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
      fillByFormula(generator, 0.3)
      fillByFormula(discriminator, 0.2, flattened)
      using trainer = createESRGANTrainer({ generator, discriminator, features, adam })
      const batch = { lr: images([2, 8, 8, 3], 0.9), hr: images([2, 32, 32, 3], 0.57) }
      const values = await trainer.ganStep(batch, 1e-2)
      tf.dispose([batch.lr, batch.hr])
      const expected: Record<string, Summary> = { ...golden.gan.discriminator, ...golden.gan.running }
      return {
        ...compareValues(values, golden.gan.values),
        ...compareWithTorch(await getWeights(generator.variables), golden.gan.generator),
        ...compareWithTorch(await getWeights(discriminator.variables), expected, flattened),
      }
    }),
}

/** Steps of ESRGAN's training, and its feature loss, against PyTorch. */
export const esrganTrainingCases: readonly ConformanceCase[] = [
  ...vggCases,
  rrdbStep('two PSNR steps of a mini-RRDB: losses and weights', false),
  rrdbStep('two PSNR steps of a mini-RRDB, checkpointed, image by image', true, 1),
  ganStep,
]
