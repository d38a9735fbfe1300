import { getBackend } from '@tensorflow/tfjs-core'
import { OutOfMemoryError, wasmHeapLimit, wasmMemory } from '../backend/index.js'
import { requireInteger } from '../errors.js'
import {
  activationMemory,
  backwardPeak,
  convolutionMemory,
  moduleBytes,
  parametersOf,
  type LayerMemory,
  type MemoryEstimate,
} from '../training/memoryLayers.js'
import { defaultWidths, requireInputShape, type InputShape } from './encoder.js'
import { requireStrategy, type PairStrategy } from './pairBatches.js'

/** What {@link estimateSiameseMemory} takes. */
export interface SiameseMemoryOptions {
  /** Height, width and channels (3) of one image. */
  readonly inputShape: InputShape
  /** Stage widths of `createConvEncoder`; default by `defaultWidths`. */
  readonly widths?: readonly number[]
  /** Length of an embedding; default 128. */
  readonly embeddingSize?: number
  /** Which pairs or triplets there are, as in `trainSiamese`; default `balanced`. */
  readonly pairs?: PairStrategy
  /** As in `trainSiamese`: pairs (of two images) or triplets (of three) in a batch, or its images of each class; default 32. */
  readonly batchSize?: number
  /** As in `trainSiamese`: twice as many images go through the encoder at once; default the whole batch. */
  readonly microBatch?: number
}

/** The most images of a batch. */
const imagesOf = (strategy: PairStrategy, batchSize: number): number =>
  (strategy === 'balanced-triplets' ? 3 : 2) * batchSize

/** The most pairs of a batch, those that triplets are made of included. */
function pairsOf(strategy: PairStrategy, batchSize: number): number {
  if (strategy === 'balanced') return batchSize
  if (strategy === 'balanced-triplets') return 2 * batchSize
  const images = imagesOf(strategy, batchSize)
  // One anchor's hardest two; else, of semi-hard triplets too, as many as there are.
  return strategy === 'hard' || strategy === 'semi-hard' || strategy === 'hard-triplets'
    ? 2 * images
    : (images * (images - 1)) / 2
}

/** The heap's size over what is in it, as measured: it grows ahead of need, and freed tensors leave gaps. */
const gaps = 0.15

/** The package's own encoder and embedding on `images` images. */
function encoderMemory(
  [height, width, channels]: InputShape,
  widths: readonly number[],
  embeddingSize: number,
  images: number,
): LayerMemory[] {
  const pixels = images * height * width * channels
  // Standardised images, which want no gradient.
  const layers: LayerMemory[] = [{ saved: pixels, gradients: 0, parameters: 0, work: 0 }]
  let [rows, columns, inputs] = [height, width, channels as number]
  widths.forEach((outputs, i) => {
    const convolution = convolutionMemory({
      inputs: images * rows * columns * inputs,
      parameters: 9 * inputs * outputs + outputs,
    })
    rows = Math.ceil(rows / 2)
    columns = Math.ceil(columns / 2)
    inputs = outputs
    layers.push(
      i === 0 ? { ...convolution, gradients: 0 } : convolution,
      activationMemory(images * rows * columns * outputs),
    )
  })
  // The mean over all places; its gradient lays the places out again.
  const last = images * rows * columns * inputs
  layers.push({ saved: 0, gradients: last, parameters: 0, work: last })
  const parameters = inputs * embeddingSize + 2 * embeddingSize + 1
  return [...layers, { saved: images * inputs, gradients: images * inputs, parameters, work: 0 }]
}

/**
 * The memory that a training step of `createSiameseTrainer` needs on the backend with the package's own encoder, by arithmetic alone:
 * tensors (images, weights, optimizer, saved activations and gradients) and the kernels' workspaces. For wasm that is the size to which
 * the heap grows, 4 GiB at most; measured peaks lie within a quarter of it (`npm run verify:memory`). What the loader of the images takes
 * beside the batch that it gives is not in it.
 *
 * @throws ArgumentError for an option out of range
 */
export function estimateSiameseMemory(options: SiameseMemoryOptions): MemoryEstimate {
  const { inputShape, embeddingSize = 128, pairs = 'balanced', batchSize = 32, microBatch } = options
  requireInputShape(inputShape)
  requireStrategy('options.pairs', pairs)
  const { widths = defaultWidths(inputShape) } = options
  widths.forEach((width, i) => requireInteger(`options.widths[${i}]`, width, 1))
  requireInteger('options.embeddingSize', embeddingSize, 1)
  requireInteger('options.batchSize', batchSize, 1)
  if (microBatch !== undefined) requireInteger('options.microBatch', microBatch, 1)
  const all = imagesOf(pairs, batchSize)
  const images = Math.min(all, 2 * (microBatch ?? Infinity))
  const layers = encoderMemory(inputShape, widths, embeddingSize, images)
  const parameters = parametersOf(layers)
  // Of the whole batch: embeddings and their gradient; the two of each pair, their difference, and the ways back.
  const embeddings = (4 * all + 12 * pairsOf(pairs, batchSize)) * embeddingSize
  const isSplit = images < all
  const batch = images * inputShape[0] * inputShape[1] * inputShape[2]
  const activations = 4 * (batch + embeddings + backwardPeak(layers) + (isSplit ? parameters : 0))
  const weights = 4 * parameters
  const optimizer = 2 * weights
  const workspaces = moduleBytes + weights + gaps * (2 * weights + optimizer + activations)
  const parts = { weights, optimizer, activations: Math.round(activations), workspaces: Math.round(workspaces) }
  return { bytes: parts.weights + parts.optimizer + parts.activations + parts.workspaces, parts }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/**
 * The estimate of {@link estimateSiameseMemory}, refused where wasm is the active backend and its heap certainly cannot hold it: where
 * even three quarters of the estimate are more. `trainSiamese` calls it before its first step.
 *
 * @throws OutOfMemoryError naming what to lower
 */
export function requireSiameseMemory(options: SiameseMemoryOptions): MemoryEstimate {
  const estimate = estimateSiameseMemory(options)
  if (getBackend() === 'wasm' && 0.75 * estimate.bytes > wasmHeapLimit) {
    const { inputShape, pairs = 'balanced', batchSize = 32, microBatch } = options
    const [height, width] = inputShape
    const images = Math.min(imagesOf(pairs, batchSize), 2 * (microBatch ?? Infinity))
    throw new OutOfMemoryError(
      estimate.bytes,
      wasmMemory()?.heapBytes ?? 0,
      `a step on ${images} images of ${width}x${height} pixels at once would take about ${megabytes(estimate.bytes)}, and the heap ` +
        `holds ${megabytes(wasmHeapLimit)} at most: lower microBatch (now ${microBatch ?? 'the whole batch'}), which changes no result`,
    )
  }
  return estimate
}
