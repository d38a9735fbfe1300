import { tensor4d, type Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, DataError, requireInteger } from '../errors.js'
import { toRGB, type PixelImage } from '../image.js'
import { createRandom, type Random } from '../random.js'
import { crop } from './crop.js'
import type { DataClock } from './dataClock.js'
import { degradeFrom, drawDegradation, type Degradation } from './degrade.js'
import { blankLike } from './resize.js'

/** Images that are read when a patch is cut from them, for sets that do not fit into memory. */
export interface PatchImages {
  /** How many there are. */
  readonly count: number
  /** The pixels of image `index`. */
  read(index: number): PixelImage | Promise<PixelImage>
}

/** What {@link patchSampler} takes. */
export interface PatchSamplerOptions {
  /** High-resolution images, in memory or read on demand; grey becomes RGB, alpha is dropped. */
  readonly images: readonly PixelImage[] | PatchImages
  /** Side of the high-resolution patch, in pixels; a multiple of the scale. Default 128. */
  readonly patchSize?: number
  /** Patches in a batch. Default 16. */
  readonly batchSize?: number
  /** How much smaller the low-resolution patch is. Default 4. */
  readonly scale?: number
  /** Mirror left-right, mirror top-bottom and transpose, each for half of the patches. Default true. */
  readonly flips?: boolean
  /** What the low-resolution patch suffers beside the loss of pixels: blur, noise, JPEG, as `degrade` does it. Default nothing. */
  readonly degradation?: Degradation
  /** Equal seeds give equal patches. Default 0. */
  readonly seed?: number
}

/** A batch of patches; the caller disposes both tensors. */
export interface PatchBatch {
  /** `[batch, patchSize, patchSize, 3]`, in [0, 1]. */
  readonly hr: Tensor4D
  /** `[batch, patchSize/scale, patchSize/scale, 3]`, in [0, 1]. */
  readonly lr: Tensor4D
}

/** Cuts training patches; see {@link patchSampler}. */
export interface PatchSampler {
  /** The batch of step `n` (from 0): a function of (seed, n) alone, so that a resume needs no state. */
  step(n: number): Promise<PatchBatch>
}

/** A square image mirrored and transposed. */
function orient(image: PixelImage, horizontal: boolean, vertical: boolean, transpose: boolean): PixelImage {
  const { width: side, channels } = image
  const data = blankLike(image, image.data.length)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] = transpose ? [x, y] : [y, x]
      const from = ((vertical ? side - 1 - row : row) * side + (horizontal ? side - 1 - column : column)) * channels
      for (let c = 0; c < channels; c++) data[(y * side + x) * channels + c] = image.data[from + c]!
    }
  }
  return { ...image, data }
}

/** The values of a batch of patches, before they are tensors. */
export interface PatchValues {
  /** Of {@link PatchBatch.hr}. */
  readonly hr: Float32Array
  /** Of {@link PatchBatch.lr}. */
  readonly lr: Float32Array
}

/** A {@link patchSampler} in two parts: values may wait in memory until a step wants them as tensors. */
export interface PatchCutter {
  /** The values of step `n`. Once all images are read it asks `whenFree`, then does its work within `work`. */
  values(n: number, whenFree?: () => Promise<void>, work?: DataClock['work']): Promise<PatchValues>
  /** The values as tensors. */
  tensors(values: PatchValues): PatchBatch
}

/**
 * Patches for super-resolution training, as ESRGAN's: a random crop of a high-resolution image, mirrored and transposed
 * each with p = .5, and MATLAB's bicubic x1/scale of exactly that crop, rounded to the image's depth. Images take turns in
 * a shuffled order, so each is used equally often. The degradation, if any, falls on the low-resolution side only, drawn
 * anew for each patch; the crops do not hang on it.
 *
 * @throws ArgumentError for options out of range; `step` rejects with a DataError for an image smaller than the patch.
 */
export function patchSampler(options: PatchSamplerOptions): PatchSampler {
  const cutter = patchCutter(options)
  return { step: async (n) => cutter.tensors(await cutter.values(n)) }
}

/** {@link patchSampler}, in two parts. */
export function patchCutter(options: PatchSamplerOptions): PatchCutter {
  const { images, patchSize = 128, batchSize = 16, scale = 4, flips = true, degradation = {}, seed = 0 } = options
  requireInteger('options.scale', scale, 1)
  requireInteger('options.patchSize', patchSize, scale)
  if (patchSize % scale !== 0) throw new ArgumentError('options.patchSize', `be a multiple of ${scale}`, patchSize)
  requireInteger('options.batchSize', batchSize, 1)
  drawDegradation(createRandom(seed), degradation)
  const source: PatchImages = 'read' in images ? images : { count: images.length, read: (index) => images[index]! }
  requireInteger('options.images.length', source.count, 1)

  let shuffled: { epoch: number; order: number[] } | undefined
  const imageAt = (sample: number): number => {
    const epoch = Math.floor(sample / source.count)
    // Kept for speed only: it is a function of (seed, epoch).
    if (shuffled?.epoch !== epoch) {
      const order = Array.from({ length: source.count }, (_, i) => i)
      shuffled = { epoch, order: createRandom(seed, 'patch order', epoch).shuffle(order) }
    }
    return shuffled.order[sample % source.count]!
  }
  const cut = (image: PixelImage, index: number, random: Random): PixelImage => {
    const { width, height } = image
    if (width < patchSize || height < patchSize) {
      throw new DataError(`image ${index}`, `${width}x${height} is smaller than the ${patchSize}x${patchSize} patch`)
    }
    const top = random.integer(height - patchSize + 1)
    const left = random.integer(width - patchSize + 1)
    const patch = toRGB(crop(image, { top, left, width: patchSize, height: patchSize }))
    if (!flips) return patch
    const [horizontal, vertical, transpose] = [random.uniform() < 0.5, random.uniform() < 0.5, random.uniform() < 0.5]
    return orient(patch, horizontal, vertical, transpose)
  }
  const small = patchSize / scale
  const fill = (n: number, indices: readonly number[], read: readonly PixelImage[]): PatchValues => {
    const hr = new Float32Array(batchSize * patchSize ** 2 * 3)
    const lr = new Float32Array(batchSize * small ** 2 * 3)
    read.forEach((image, i) => {
      const random = createRandom(seed, 'patch', n, i)
      const large = cut(image, indices[i]!, random)
      const { data, maxValue } = degradeFrom(createRandom(seed, 'degrade', n, i), large, scale, degradation)
      for (let k = 0; k < large.data.length; k++) hr[i * large.data.length + k] = large.data[k]! / maxValue
      for (let k = 0; k < data.length; k++) lr[i * data.length + k] = data[k]! / maxValue
    })
    return { hr, lr }
  }
  return {
    async values(n, whenFree, work = (task) => task()) {
      requireInteger('n', n, 0)
      const indices = Array.from({ length: batchSize }, (_, i) => imageAt(n * batchSize + i))
      const read = await Promise.all(indices.map((index) => source.read(index)))
      await whenFree?.()
      return work(() => fill(n, indices, read))
    },
    tensors: ({ hr, lr }) => ({
      hr: tensor4d(hr, [batchSize, patchSize, patchSize, 3]),
      lr: tensor4d(lr, [batchSize, small, small, 3]),
    }),
  }
}
