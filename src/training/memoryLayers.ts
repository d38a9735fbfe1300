/** An estimate in bytes; the parts add up to `bytes`. */
export interface MemoryEstimate {
  /** What the backend needs at the peak of a training step. */
  readonly bytes: number
  /** What it consists of. */
  readonly parts: {
    /** Networks (with the feature network of a perceptual loss) and moving average. */
    readonly weights: number
    /** Adam's two slots for every weight. */
    readonly optimizer: number
    /** Saved inputs, gradients of layers and weights, at the moment when they are most. */
    readonly activations: number
    /** The module itself, and the room between the tensors. */
    readonly workspaces: number
  }
}

/** What the wasm module itself takes: its constants, and a stack for each thread. */
export const moduleBytes: number = 4 * 2 ** 20

/**
 * What a layer keeps in memory while a gradient is computed, in float32 values. tfjs keeps two things until the whole
 * backward pass is done: every tensor that some operation's gradient needs (once, however many need it), and the
 * gradient of each input of each operation.
 */
export interface LayerMemory {
  /** Kept from the forward pass on, beyond what the layers before it keep. */
  readonly saved: number
  /** Kept from the layer's turn in the backward pass on. */
  readonly gradients: number
  /** Its parameters; those of a trained network have gradients as well. */
  readonly parameters: number
  /** Needed while its own gradient is computed only. */
  readonly work: number
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** A layer without parameters that keeps nothing but what is named. */
const plain = (layer: Partial<LayerMemory>): LayerMemory => ({
  saved: 0,
  gradients: 0,
  parameters: 0,
  work: 0,
  ...layer,
})

/** Values that the filter gradient lays out anew at a time, at most. */
const band = 2 ** 20

/** A convolution (or dense layer) whose input is kept already. */
export const convolutionMemory = (sizes: { inputs: number; parameters: number }): LayerMemory => ({
  saved: 0,
  gradients: sizes.inputs,
  parameters: sizes.parameters,
  // The input gradient needs the filter turned round, and once more as its kernel packs it.
  work: Math.min(band, 2 * sizes.inputs) + 2 * sizes.parameters,
})

/** ReLU or LeakyReLU, which keeps its result. */
export const activationMemory = (outputs: number): LayerMemory => plain({ saved: outputs, gradients: outputs })

/** Something that keeps `size` values and whose gradient passes through unchanged, such as a sum. */
export const sumMemory = (size: number): LayerMemory => plain({ saved: size })

/** Batch normalisation by the batch's statistics. */
export const batchNormMemory = (outputs: number): LayerMemory =>
  plain({ saved: outputs, gradients: outputs, work: 4 * outputs })

/** 2x2 max-pooling. */
export const maxPoolMemory = (inputs: number): LayerMemory =>
  plain({ saved: inputs / 4, gradients: inputs, work: 3 * inputs })

/** Nearest upsampling by two. */
export const upsampleMemory = (inputs: number): LayerMemory =>
  plain({ saved: 4 * inputs, gradients: inputs, work: inputs })

/**
 * A residual dense block of 3x3 convolutions that keeps its input and all outputs but the last in one buffer, as on wasm,
 * and needs another one for their gradients.
 */
export function denseBlockMemory(sizes: { pixels: number; features: number; outputs: readonly number[] }): LayerMemory {
  const { pixels, features, outputs } = sizes
  const inputs = outputs.map((_, k) => features + sum(outputs.slice(0, k)))
  const parameters = sum(outputs.map((out, k) => 9 * inputs[k]! * out + out))
  const buffer = pixels * inputs.at(-1)!
  return { saved: buffer, gradients: pixels * features, parameters, work: buffer }
}

/** `x + scale * y`, which keeps nothing; the gradients of `x` are gathered in one more tensor. */
export const scaledSumMemory = (size: number): LayerMemory => plain({ gradients: 2 * size })

/** Images given to a pixel loss: the difference, and its way back. */
export const pixelLossMemory = (size: number): LayerMemory => plain({ saved: size, gradients: 4 * size })

/** All parameters of the layers. */
export const parametersOf = (layers: readonly LayerMemory[]): number => sum(layers.map(({ parameters }) => parameters))

/**
 * The most values that exist at once while a loss is differentiated through the layers (given in forward order), beyond
 * what was there before. The layers of `trained` have parameters with gradients, those of `frozen` come after them.
 */
export function backwardPeak(trained: readonly LayerMemory[], frozen: readonly LayerMemory[] = []): number {
  const layers = [...trained, ...frozen]
  let live = sum(layers.map(({ saved }) => saved))
  let peak = live
  for (const [i, { gradients, parameters, work }] of [...layers.entries()].reverse()) {
    live += gradients + (i < trained.length ? parameters : 0)
    peak = Math.max(peak, live + work)
  }
  return peak
}

/** Layers whose insides are computed again in the backward pass: their result is kept, of `size` values as their input. */
export function checkpointMemory(layers: readonly LayerMemory[], size: number): LayerMemory {
  const parameters = parametersOf(layers)
  return { saved: size, gradients: size, parameters, work: backwardPeak(layers) - parameters }
}
