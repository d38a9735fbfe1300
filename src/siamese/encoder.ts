import {
  concat,
  mean,
  mul,
  neg,
  slice,
  sub,
  tensor,
  tidy,
  variable,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { convolution, standardise } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import type { NamedVariables } from '../training/index.js'

/** Height, width and channels of one image. */
export type InputShape = readonly [height: number, width: number, channels: number]

/** The part of the Siamese network that turns images into features; both twins run the same one. */
export interface Encoder {
  /** What a report calls it, for example `conv 16-32-64`. */
  readonly description: string
  /** Shape of one image. */
  readonly inputShape: InputShape
  /** Number of features of one image. */
  readonly features: number
  /** Stage widths of {@link createConvEncoder}; absent for other encoders. */
  readonly widths?: readonly number[]
  /** Its variables by name. */
  readonly variables: NamedVariables
  /** Those that training moves; default: all. */
  readonly trainable?: NamedVariables
  /**
   * RGB images `[batch, height, width, 3]` in [0, 1] to features `[batch, features]`. Every image must be computed
   * independently of the others (no batch statistics), or micro-batches and twins would not be exact.
   */
  apply(images: Tensor4D): Tensor2D
  /** Disposes what the encoder owns; calling it again does nothing. */
  dispose(): void
}

/** Options of {@link createConvEncoder}. */
export interface ConvEncoderOptions {
  /** Height, width and channels (3) of one image. */
  readonly inputShape: InputShape
  /** Channels of each stage; every stage halves height and width. Default by {@link defaultWidths}. */
  readonly widths?: readonly number[]
  /** Seed of the initial weights; default 0. */
  readonly seed?: number
}

/**
 * Stage widths for an input size: 16, 32, 64, 128, 128, 128 channels, as many stages (3 to 6) as bring the shorter side to
 * about 8 pixels. 64 px: 3 stages; 128: 4; 256: 5; 512 and more, such as the paper's 896: 6.
 */
export function defaultWidths([height, width]: InputShape): number[] {
  const stages = Math.min(6, Math.max(3, Math.round(Math.log2(Math.min(height, width) / 8))))
  return [16, 32, 64, 128, 128, 128].slice(0, stages)
}

/** A variable of normal values with the given deviation, seeded by its name. */
export function normalVariable(shape: readonly number[], deviation: number, seed: number, name: string): Variable {
  const random = createRandom(seed, 'siamese', 'init', name)
  const size = shape.reduce((product, n) => product * n, 1)
  return tidy(() =>
    variable(
      tensor(
        Float32Array.from({ length: size }, () => random.normal(0, deviation)),
        [...shape],
      ),
    ),
  )
}

/**
 * Takes each filter's mean out of it, times 1.2 for the variance that this costs. Behind a ReLU all inputs are positive: filters
 * with a mean answer mostly to that, so that every image has nearly the same features at first, and a narrow encoder may stay there.
 */
function centre(weight: Variable): void {
  tidy(() => weight.assign(mul(sub(weight, mean(weight as Tensor, [0, 1, 2], true)), 1.2)))
}

/**
 * Makes each filter of the second half the negative of one in the first. Stained tissue varies mostly along one colour axis: of few
 * random filters nearly all may answer to light places, and their ReLU then hides the dark nuclei.
 */
function mirror(weight: Variable): void {
  tidy(() => {
    const width = weight.shape[3]!
    const first = slice(weight, [0, 0, 0, 0], [-1, -1, -1, Math.ceil(width / 2)])
    weight.assign(slice(concat([first, neg(first)], 3), [0, 0, 0, 0], [-1, -1, -1, width]))
  })
}

/** Throws unless the shape is `[height >= 8, width >= 8, 3]`. */
export function requireInputShape(inputShape: InputShape): void {
  const [height, width, channels] = inputShape
  requireInteger('options.inputShape[0]', height, 8)
  requireInteger('options.inputShape[1]', width, 8)
  if (inputShape.length !== 3 || channels !== 3)
    throw new ArgumentError('options.inputShape', 'be [height, width, 3]', [...inputShape])
}

/**
 * The package's own encoder, trained from scratch: each image's channels brought to mean 0 and variance 1 (which takes out most of
 * stain and light), then stages of a 3x3 convolution with stride 2, bias and ReLU,
 * then global average pooling, which makes the features indifferent to where in the picture something lies. Weights
 * start normal with deviation `sqrt(2 / (9 channels))` (He et al. 2015), biases 0; in the first stage
 * half of the filters are the negatives of the others, later ones have no mean. There is no batch norm: it would tie each image
 * to the others of its batch, so that neither micro-batches nor twins were exact, and at this depth it is not needed.
 *
 * Owns its variables `conv1.weight` `[3, 3, in, out]`, `conv1.bias` `[out]`, ...
 *
 * @throws ArgumentError for a shape below 8x8 or other than 3 channels, or widths that are not positive integers.
 */
export function createConvEncoder({
  inputShape,
  widths = defaultWidths(inputShape),
  seed = 0,
}: ConvEncoderOptions): Encoder {
  requireInputShape(inputShape)
  if (widths.length === 0) throw new ArgumentError('options.widths', 'name at least one stage', [...widths])
  widths.forEach((width, i) => requireInteger(`options.widths[${i}]`, width, 1))
  const variables = new Map<string, Variable>()
  let channels: number = inputShape[2]
  widths.forEach((width, i) => {
    const name = `conv${i + 1}`
    const shape = [3, 3, channels, width]
    const weight = normalVariable(shape, Math.sqrt(2 / (9 * channels)), seed, name)
    if (i === 0) mirror(weight)
    else centre(weight)
    variables.set(`${name}.weight`, weight)
    variables.set(`${name}.bias`, normalVariable([width], 0, seed, name))
    channels = width
  })
  return {
    description: `conv ${widths.join('-')}`,
    inputShape,
    features: channels,
    widths,
    variables,
    apply: (images) =>
      tidy(() => {
        let x = standardise(images, 1e-4)
        for (let i = 1; i <= widths.length; i++) {
          const [weight, bias] = ['weight', 'bias'].map((part) => variables.get(`conv${i}.${part}`) as Tensor)
          x = convolution(x, weight as Tensor4D, bias as Tensor1D, { stride: 2, slope: 0 })
        }
        return mean(x, [1, 2])
      }),
    dispose() {
      for (const weight of variables.values()) if (!weight.isDisposed) weight.dispose()
    },
  }
}

/**
 * Any tfjs LayersModel as the encoder, for example a MobileNet without its top. The model takes `[batch, height, width, 3]` in
 * [0, 1] and gives `[batch, features]`, or a map `[batch, h, w, features]`, which is then averaged over h and w. It runs in
 * inference mode also while its weights are trained: batch norm keeps its statistics and its own dropout stays off (exact
 * micro-batches; the network's own dropout follows the encoder). Layers with `trainable = false` stay frozen.
 *
 * Borrows the model: `dispose` leaves it alone.
 *
 * @throws ArgumentError where the model's input is not one image of fixed size, or its output has neither 2 nor 4 dimensions.
 */
export function layersEncoder(model: LayersModel): Encoder {
  const input = model.inputs.length === 1 ? model.inputs[0]!.shape : []
  const [, height, width, channels] = input
  if (input.length !== 4 || !height || !width || channels !== 3)
    throw new ArgumentError('model', 'take one image input [batch, height, width, 3] of fixed size', [...input])
  const output = model.outputs.length === 1 ? model.outputs[0]!.shape : []
  const features = output.at(-1)
  if ((output.length !== 2 && output.length !== 4) || !features)
    throw new ArgumentError('model', 'give one output [batch, features] or [batch, h, w, features]', [...output])
  const variables = new Map<string, Variable>()
  // tfjs-layers names the tf.Variable inside its weight `val` (protected in the types only).
  for (const weight of model.weights) variables.set(weight.originalName, (weight as unknown as { val: Variable }).val)
  // A layer that was frozen before it was built leaves its variables' own flag at true: ask the model.
  const moved = new Set(model.trainableWeights.map((weight) => weight.originalName))
  return {
    description: `layers model ${model.name}`,
    inputShape: [height, width, channels],
    features,
    variables,
    trainable: new Map([...variables].filter(([name]) => moved.has(name))),
    apply: (images) =>
      tidy(() => {
        const y = model.apply(images, { training: false }) as Tensor
        return (y.rank === 4 ? mean(y, [1, 2]) : y) as Tensor2D
      }),
    dispose() {},
  }
}
