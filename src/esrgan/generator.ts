import { add, tidy, type Tensor, type Tensor4D, type Variable } from '@tensorflow/tfjs-core'
import { checkpointed, pixelUnshuffle, upsampleNearest2x } from '../backend/index.js'
import { bicubicUpsample } from '../data/index.js'
import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import { createNetwork, type Network } from '../training/index.js'
import { convolve, convolveLeaky } from './convolution.js'
import { addConvolution, constant, defaultInitialiser, scaledKaimingNormal } from './initialise.js'
import { denseBlocks, denseConvolutions, rrdb } from './rrdb.js'

/** The sizes and switches of an RRDB generator. */
export interface GeneratorOptions {
  /** RRDBs in the trunk; default 23. */
  readonly blocks?: number
  /** Channels of the trunk; default 64. */
  readonly features?: number
  /** Channels that each convolution of a dense block adds; default 32. */
  readonly growth?: number
  /** Output pixels for each input pixel along an axis; default 4. 2 and 1 fold the input's pixels into channels first (pixel unshuffle). */
  readonly scale?: 1 | 2 | 4
  /** Image channels, in and out; default 3. */
  readonly channels?: number
  /** What each residual is multiplied by; default 0.2. */
  readonly residualScale?: number
  /**
   * Adds the bicubic upsampling of the input to the output, so that the trunk learns the difference only; default
   * false, as published. The last convolution then starts at zero: an untrained generator is bicubic upsampling.
   */
  readonly bicubicSkip?: boolean
  /** Recomputes each RRDB in the backward pass instead of keeping what is inside it: less memory, about a third more time, the same gradients; default false. */
  readonly checkpoint?: boolean
  /** Seed of the initial weights; default 0. */
  readonly seed?: number
}

/** The options that decide what a generator computes: all but the seed, with defaults filled in. */
export type GeneratorConfig = Required<Omit<GeneratorOptions, 'seed'>>

/** An RRDB generator. It owns its variables, which have BasicSR's names and tfjs's layout. */
export interface Generator extends Network {
  /** The options it was made with. */
  readonly config: GeneratorConfig
  /**
   * Upsamples `[batch, height, width, channels]` in [0, 1] to `[batch, scale*height, scale*width, channels]`, neither
   * clamped nor rounded. Height and width must be multiples of `4 / scale`. Borrows the images; the caller disposes
   * the result.
   */
  apply(images: Tensor4D): Tensor4D
}

/** How far pixels are folded into channels before the first convolution. */
export const foldingOf = (scale: 1 | 2 | 4): number => 4 / scale

/** The five convolutions of one dense block, then the names of the trunk's RRDB `block`. */
export function blockNames(block: number): string[] {
  const names: string[] = []
  for (let k = 1; k <= denseBlocks; k++) {
    for (let j = 1; j <= denseConvolutions; j++) names.push(`body.${block}.rdb${k}.conv${j}`)
  }
  return names
}

/** Name, input and output channels of every convolution, in BasicSR's order. */
export function generatorConvolutions({
  blocks,
  features,
  growth,
  scale,
  channels,
}: Pick<GeneratorConfig, 'blocks' | 'features' | 'growth' | 'scale' | 'channels'>): {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
}[] {
  const layers = [{ name: 'conv_first', inputs: channels * foldingOf(scale) ** 2, outputs: features }]
  for (let i = 0; i < blocks; i++) {
    blockNames(i).forEach((name, at) => {
      const j = at % denseConvolutions
      layers.push({ name, inputs: features + j * growth, outputs: j === denseConvolutions - 1 ? features : growth })
    })
  }
  for (const name of ['conv_body', 'conv_up1', 'conv_up2', 'conv_hr']) {
    layers.push({ name, inputs: features, outputs: features })
  }
  layers.push({ name: 'conv_last', inputs: features, outputs: channels })
  return layers
}

/** Fills in the defaults and checks every option. */
export function generatorConfig({
  blocks = 23,
  features = 64,
  growth = 32,
  scale = 4,
  channels = 3,
  residualScale = 0.2,
  bicubicSkip = false,
  checkpoint = false,
}: GeneratorOptions): GeneratorConfig {
  requireInteger('options.blocks', blocks, 1)
  requireInteger('options.features', features, 1)
  requireInteger('options.growth', growth, 1)
  requireInteger('options.channels', channels, 1)
  requireRange('options.residualScale', residualScale, 0, 1)
  if (![1, 2, 4].includes(scale)) throw new ArgumentError('options.scale', 'be 1, 2 or 4', scale)
  return { blocks, features, growth, scale, channels, residualScale, bicubicSkip, checkpoint }
}

/** A generator of the given configuration over the given variables, which it then owns. */
export function assembleGenerator(config: GeneratorConfig, variables: ReadonlyMap<string, Variable>): Generator {
  const { blocks, scale, channels, residualScale, bicubicSkip, checkpoint } = config
  const at = (name: string): Variable => variables.get(name)!
  const pair = (name: string): [Variable, Variable] => [at(`${name}.weight`), at(`${name}.bias`)]
  const trunk = Array.from({ length: blocks }, (_, i) => blockNames(i).flatMap(pair))
  const folding = foldingOf(scale)

  const block = (x: Tensor4D, parameters: readonly Tensor[]): Tensor4D =>
    checkpoint
      ? (checkpointed((input, ...own) => rrdb(input as Tensor4D, own, residualScale), x, parameters) as Tensor4D)
      : rrdb(x, parameters, residualScale)

  return {
    ...createNetwork(variables),
    config,
    apply(images) {
      const [, height, width, depth] = images.shape
      if (images.rank !== 4 || depth !== channels || height % folding !== 0 || width % folding !== 0) {
        const rule = `[batch, height, width, ${channels}]${folding > 1 ? ` with sides that are multiples of ${folding}` : ''}`
        throw new ArgumentError('images', `have the shape ${rule}`, images.shape)
      }
      return tidy(() => {
        const first = convolve(folding > 1 ? pixelUnshuffle(images, folding) : images, ...pair('conv_first'))
        let y: Tensor4D = first
        // Each block in a tidy of its own: in inference only its output stays behind.
        for (const parameters of trunk) y = block(y, parameters)
        y = add(convolve(y, ...pair('conv_body')), first)
        y = convolveLeaky(upsampleNearest2x(y), ...pair('conv_up1'))
        y = convolveLeaky(upsampleNearest2x(y), ...pair('conv_up2'))
        y = convolve(convolveLeaky(y, ...pair('conv_hr')), ...pair('conv_last'))
        return bicubicSkip ? add(y, scale === 1 ? images : bicubicUpsample(images, scale)) : y
      })
    },
  }
}

/**
 * The generator of ESRGAN (Wang et al. 2018, arXiv 1809.00219), as BasicSR's `RRDBNet`:
 * `f = conv_first(x)`; `f = f + conv_body(trunk(f))`; twice nearest x2, convolution, LeakyReLU(0.2);
 * `conv_last(lrelu(conv_hr(f)))`, without output activation. Convolutions are 3x3 with zero padding and bias.
 * The defaults have 16,697,987 parameters in 351 convolutions.
 *
 * Initial weights: kaiming normal times 0.1 and zero biases inside the dense blocks, PyTorch's default elsewhere; a
 * function of the seed.
 *
 * The caller disposes the generator.
 * @throws ArgumentError for an option out of range
 */
export function createRRDBGenerator(options: GeneratorOptions = {}): Generator {
  const config = generatorConfig(options)
  const { seed = 0 } = options
  const elsewhere = defaultInitialiser(seed, 'generator')
  const dense = scaledKaimingNormal(seed, 'generator', 0.1)
  const zero = constant(0)
  const variables = new Map<string, Variable>()
  for (const { name, inputs, outputs } of generatorConvolutions(config)) {
    const isDense = name.startsWith('body.')
    const isSilent = config.bicubicSkip && name === 'conv_last'
    addConvolution(
      variables,
      name,
      { size: 3, inputs, outputs },
      isSilent ? zero : isDense ? dense : elsewhere,
      isSilent || isDense ? zero : elsewhere,
    )
  }
  return assembleGenerator(config, variables)
}
