/**
 * What a layer keeps in memory while a gradient is computed, in float32 values. tfjs keeps two things of every operation
 * until the whole backward pass is done: what its gradient needs (`clone`d, which on wasm is a copy of its own, whether
 * or not another operation saved the same tensor), and the gradient of each of its inputs.
 */
export interface LayerMemory {
  /** Kept from the forward pass on. */
  readonly saved: number
  /** Kept from the layer's turn in the backward pass on. */
  readonly gradients: number
  /** Its parameters: copied when saved; those of a trained network have gradients as well. */
  readonly parameters: number
  /** Needed while its own gradient is computed only. */
  readonly work: number
}

/** A layer from `inputs` to `outputs` values of the whole batch. */
interface LayerSizes {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: number
}

/** No parameters, nothing but what is named. */
const plain = (layer: Partial<LayerMemory>): LayerMemory => ({
  saved: 0,
  gradients: 0,
  parameters: 0,
  work: 0,
  ...layer,
})

/** A convolution (or dense layer) without bias. */
export const convolutionMemory = ({ inputs, outputs, parameters }: LayerSizes): LayerMemory => ({
  saved: inputs,
  gradients: inputs,
  parameters,
  // The filter gradient lays both out anew with a border, the input gradient turns the filter round.
  work: 1.1 * (inputs + outputs) + 2 * parameters,
})

/** A bias that is added. */
export const biasMemory = (outputs: number): LayerMemory => plain({ saved: outputs })

/** LeakyReLU: its gradient needs a mask of one byte a value besides. */
export const leakyMemory = (outputs: number): LayerMemory =>
  plain({ saved: outputs, gradients: 1.25 * outputs, work: 2 * outputs })

/** ReLU. */
export const reluMemory = (outputs: number): LayerMemory =>
  plain({ saved: outputs, gradients: outputs, work: 2 * outputs })

/** Batch normalisation of the batch's statistics. */
export const batchNormMemory = (outputs: number): LayerMemory =>
  plain({ saved: outputs, gradients: outputs, work: 5 * outputs })

/** 2x2 max-pooling. */
export const maxPoolMemory = (inputs: number): LayerMemory =>
  plain({ saved: 1.25 * inputs, gradients: inputs, work: 3 * inputs })

/** Nearest upsampling by two. */
export const upsampleMemory = (inputs: number): LayerMemory => plain({ gradients: inputs, work: inputs })

/** Tensors side by side in `size` channels. */
export const concatMemory = (size: number): LayerMemory => plain({ saved: size, gradients: size })

/** `scale * y + x`, where the gradient of x is gathered from `size` values on. */
export const residualMemory = (size: number): LayerMemory => plain({ saved: 3 * size, gradients: 2 * size })

/** Images given to a pixel loss: the difference, and its way back. */
export const pixelLossMemory = (size: number): LayerMemory => plain({ saved: size, gradients: 4 * size })

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** All parameters of the layers. */
export const parametersOf = (layers: readonly LayerMemory[]): number => sum(layers.map(({ parameters }) => parameters))

/**
 * The most values that exist at once while a loss is differentiated through the layers (given in forward order), beyond
 * what was there before. The layers of `trained` have parameters with gradients, those of `frozen` come after them.
 */
export function backwardPeak(trained: readonly LayerMemory[], frozen: readonly LayerMemory[] = []): number {
  const layers = [...trained, ...frozen]
  let live = sum(layers.map(({ saved, parameters }) => saved + parameters))
  let peak = live
  for (const [i, { gradients, parameters, work }] of [...layers.entries()].reverse()) {
    live += gradients + (i < trained.length ? parameters : 0)
    peak = Math.max(peak, live + work)
  }
  return peak
}

/** Layers whose insides are computed again in the backward pass: their input is kept, and their parameters. */
export function checkpointMemory(layers: readonly LayerMemory[], inputs: number): LayerMemory {
  const parameters = parametersOf(layers)
  return { saved: inputs, gradients: inputs, parameters, work: backwardPeak(layers) - parameters }
}
