import {
  add,
  conv2d,
  matMul,
  reshape,
  tidy,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core'
import { leakyRelu } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import { createNetwork, type Network } from '../training/index.js'
import { batchNorm } from './batchNorm.js'
import { convolveLeaky, leakySlope } from './convolution.js'
import { addConvolution, constant, createVariable, defaultInitialiser } from './initialise.js'

/** The sizes of a discriminator. */
export interface DiscriminatorOptions {
  /** Height and width of the images it judges: a power of two from 32 on; default 128. */
  readonly patchSize?: number
  /** Channels of the first stage; later stages have 2, 4 and 8 times as many; default 64. */
  readonly features?: number
  /** Image channels; default 3. */
  readonly channels?: number
  /** Seed of the initial weights; default 0. */
  readonly seed?: number
}

/** The options that decide what a discriminator computes, with defaults filled in. */
export type DiscriminatorConfig = Required<Omit<DiscriminatorOptions, 'seed'>>

/** A discriminator. It owns its variables, which have BasicSR's names and tfjs's layout. */
export interface Discriminator extends Network {
  /** The options it was made with. */
  readonly config: DiscriminatorConfig
  /**
   * One logit for each image of `[batch, patchSize, patchSize, channels]` in [0, 1]: `[batch, 1]`, higher = more
   * real. With `training: true` batch normalisation uses the batch's statistics and updates the running ones;
   * the default, false, uses the running ones. Borrows the images; the caller disposes the result.
   */
  apply(images: Tensor4D, options?: { readonly training?: boolean }): Tensor2D
}

/** One convolution of the discriminator with what follows it. */
export interface DiscriminatorLayer {
  readonly name: string
  /** The batch normalisation after it; the very first convolution has none, and a bias instead. */
  readonly norm: string | undefined
  readonly size: 3 | 4
  readonly inputs: number
  readonly outputs: number
}

/** Units of the dense layer before the last. */
export const discriminatorHidden = 100

/** Rows and columns of the image that the dense layers read. */
export const lastSide = 4

/** Stage i: 3x3 stride 1, then 4x4 stride 2, to features * min(2^i, 8) channels; as many stages as it takes to reach 4x4. */
export function discriminatorLayers({ patchSize, features, channels }: DiscriminatorConfig): DiscriminatorLayer[] {
  const layers: DiscriminatorLayer[] = []
  let inputs = channels
  for (let i = 0; patchSize >> i > lastSide; i++) {
    const outputs = features * Math.min(2 ** i, 8)
    layers.push({ name: `conv${i}_0`, norm: i === 0 ? undefined : `bn${i}_0`, size: 3, inputs, outputs })
    layers.push({ name: `conv${i}_1`, norm: `bn${i}_1`, size: 4, inputs: outputs, outputs })
    inputs = outputs
  }
  return layers
}

/** Fills in the defaults and checks every option. */
export function discriminatorConfig({
  patchSize = 128,
  features = 64,
  channels = 3,
}: DiscriminatorOptions): DiscriminatorConfig {
  if (!Number.isInteger(patchSize) || patchSize < 32 || 2 ** Math.round(Math.log2(patchSize)) !== patchSize) {
    throw new ArgumentError('options.patchSize', 'be a power of two >= 32', patchSize)
  }
  requireInteger('options.features', features, 1)
  requireInteger('options.channels', channels, 1)
  return { patchSize, features, channels }
}

/** A discriminator of the given configuration over the given variables, which it then owns. */
export function assembleDiscriminator(
  config: DiscriminatorConfig,
  variables: ReadonlyMap<string, Variable>,
): Discriminator {
  const { patchSize, channels } = config
  const layers = discriminatorLayers(config)
  const flat = layers.at(-1)!.outputs * lastSide * lastSide
  const at = (name: string): Variable => variables.get(name)!
  const dense = (x: Tensor, name: string): Tensor2D =>
    add(matMul(x as Tensor2D, at(`${name}.weight`) as Tensor as Tensor2D), at(`${name}.bias`))

  return {
    ...createNetwork(variables),
    config,
    apply(images, { training = false } = {}) {
      const [batch, height, width, depth] = images.shape
      if (images.rank !== 4 || height !== patchSize || width !== patchSize || depth !== channels) {
        throw new ArgumentError(
          'images',
          `have the shape [batch, ${patchSize}, ${patchSize}, ${channels}]`,
          images.shape,
        )
      }
      return tidy(() => {
        let x: Tensor4D = images
        for (const { name, norm, size } of layers) {
          if (norm === undefined) {
            x = convolveLeaky(x, at(`${name}.weight`), at(`${name}.bias`))
            continue
          }
          // 'same' pads a 4x4 stride 2 convolution by one on every side of an even image, as PyTorch's padding 1.
          const y = conv2d(x, at(`${name}.weight`) as Tensor as Tensor4D, size === 4 ? 2 : 1, 'same')
          const normalised = batchNorm(
            y,
            {
              weight: at(`${norm}.weight`),
              bias: at(`${norm}.bias`),
              runningMean: at(`${norm}.running_mean`),
              runningVariance: at(`${norm}.running_var`),
            },
            training,
          )
          x = leakyRelu(normalised, leakySlope)
        }
        return dense(leakyRelu(dense(reshape(x, [batch, flat]), 'linear1'), leakySlope), 'linear2')
      })
    },
  }
}

/**
 * The VGG-style discriminator of ESRGAN, as BasicSR's `VGGStyleDiscriminator`, for every patch size that is a power of
 * two from 32: stages of a 3x3 and a strided 4x4 convolution, each with batch normalisation (but the first) and
 * LeakyReLU(0.2), halve the image down to 4x4 while the channels double up to 8 times `features`; then dense 100,
 * LeakyReLU, dense 1. 14,499,401 parameters at 128, 21,055,049 at 256 (running statistics not counted).
 *
 * `linear1.weight` is `[4*4*channels, 100]` with its inputs in (row, column, channel) order; PyTorch's are in
 * (channel, row, column) order (see `denseKernelToIO` in `esrgan-scnn/weights`). Initial weights: PyTorch's default.
 *
 * The caller disposes the discriminator.
 * @throws ArgumentError for an option out of range
 */
export function createDiscriminator(options: DiscriminatorOptions = {}): Discriminator {
  const config = discriminatorConfig(options)
  const { seed = 0 } = options
  const layers = discriminatorLayers(config)
  const flat = layers.at(-1)!.outputs * lastSide * lastSide

  const initial = defaultInitialiser(seed, 'discriminator')
  const variables = new Map<string, Variable>()
  for (const { name, norm, size, inputs, outputs } of layers) {
    addConvolution(variables, name, { size, inputs, outputs }, initial, norm === undefined ? initial : undefined)
    if (norm === undefined) continue
    const add = (part: string, value: number, trainable: boolean): void => {
      variables.set(`${norm}.${part}`, createVariable(constant(value)('', [outputs], 1), [outputs], trainable))
    }
    add('weight', 1, true)
    add('bias', 0, true)
    add('running_mean', 0, false)
    add('running_var', 1, false)
  }
  for (const [name, inputs, outputs] of [
    ['linear1', flat, discriminatorHidden],
    ['linear2', discriminatorHidden, 1],
  ] as const) {
    variables.set(
      `${name}.weight`,
      createVariable(initial(`${name}.weight`, [inputs, outputs], inputs), [inputs, outputs]),
    )
    variables.set(`${name}.bias`, createVariable(initial(`${name}.bias`, [outputs], inputs), [outputs]))
  }

  return assembleDiscriminator(config, variables)
}
