import { clipByValue, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { repairBackend } from '../backend/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import type { OnProgress } from '../training/index.js'
import { blendTiles, type BlendedTile } from './blendedTiles.js'
import { enlargedAlpha } from './enlargedAlpha.js'
import { foldingOf, type Generator } from './generator.js'
import { fillHiddenColours } from './hiddenColours.js'
import { blankEnlargement, blankImage, place } from './imageParts.js'
import type { Tile } from './tiles.js'

/**
 * Super-resolution of a batch in one piece: the generator's output clamped to [0, 1].
 *
 * @param images `[batch, height, width, channels]` in [0, 1]; borrowed
 * @returns `[batch, scale*height, scale*width, channels]`, which the caller disposes
 */
export function superResolve(generator: Generator, images: Tensor4D): Tensor4D {
  return tidy(() => clipByValue(generator.apply(images), 0, 1))
}

/** Settings of {@link upscale}, {@link upscaleTiles} and {@link upscaleBands}. */
export interface UpscaleOptions {
  /** Largest side of what goes through the generator at once, in input pixels with the overlap; default 128. Memory grows with its square. */
  readonly tile?: number
  /** Input pixels that neighbouring tiles share at least, less than half a tile; default 24, or less where the tile is small. */
  readonly overlap?: number
  /** Receives progress after every tile, stage `super-resolve`. */
  readonly onProgress?: OnProgress
  /** Stops between two tiles. */
  readonly signal?: AbortSignal
}

/** A finished part of an enlarged picture. */
export interface UpscaledPart {
  /** Column of its first pixel in the enlarged picture. */
  readonly left: number
  /** Row of its first pixel in the enlarged picture. */
  readonly top: number
  /** Its pixels, of the channels and the depth of the picture. */
  readonly image: PixelImage
}

/**
 * The generator gave NaN or infinity for a picture: its weights are broken, or the device computes with 16 bits, which do not
 * reach. As pixels it would be black or white.
 */
export class NonFiniteOutputError extends Error {
  /** `NonFiniteOutputError`. */
  override readonly name: string = 'NonFiniteOutputError'
  constructor(value: number, left: number, top: number) {
    super(
      `the generator gives ${value} in the tile at column ${left}, row ${top} of the enlarged picture: ` +
        'its weights are broken, or the numbers of this backend do not reach so far',
    )
  }
}

/** Pixel values of a tile in [0, 1], with the image's last row and column repeated beyond its end. */
function cut(image: PixelImage, rows: Tile, columns: Tile, channels: number): Float32Array {
  const { width, height, data, maxValue } = image
  const values = new Float32Array(rows.size * columns.size * channels)
  const isColour = image.channels >= 3
  let at = 0
  for (let i = 0; i < rows.size; i++) {
    const y = Math.min(height - 1, rows.start + i)
    for (let j = 0; j < columns.size; j++) {
      const x = Math.min(width - 1, columns.start + j)
      const from = (y * width + x) * image.channels
      for (let c = 0; c < channels; c++) values[at++] = data[from + (isColour ? c : 0)]! / maxValue
    }
  }
  return values
}

/** The tile's values clamped and rounded to the image's depth; grey of an RGB generator is the mean of the three. */
function toPixels({ left, top, width, height, values }: BlendedTile, image: PixelImage, channels: number): PixelImage {
  const part = blankImage(image, width, height)
  const colours = image.channels <= 2 ? 1 : 3
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < colours; c++) {
      const from = i * channels + c
      const value = channels === colours ? values[from]! : (values[from]! + values[from + 1]! + values[from + 2]!) / 3
      if (!Number.isFinite(value)) throw new NonFiniteOutputError(value, left, top)
      part.data[i * image.channels + c] = Math.round(Math.min(1, Math.max(0, value)) * image.maxValue)
    }
  }
  return part
}

/** Throws where the options or the generator do not fit the picture. */
function requireFit({ config }: Generator, image: PixelImage, tile: number, overlap: number): void {
  const { scale, channels } = config
  requireInteger('options.tile', tile, 4)
  requireInteger('options.overlap', overlap, 0)
  if (2 * overlap >= tile)
    throw new ArgumentError('options.overlap', `be less than half of the tile (${tile})`, overlap)
  if (tile % foldingOf(scale) !== 0)
    throw new ArgumentError('options.tile', `be a multiple of ${foldingOf(scale)} at scale ${scale}`, tile)
  const isGrey = image.channels <= 2
  if (channels !== 3 && !(channels === 1 && isGrey)) {
    throw new ArgumentError('generator', `have ${isGrey ? '1 or 3 channels' : '3 channels'} for this picture`, channels)
  }
  requireInteger('image.width', image.width, 1)
  requireInteger('image.height', image.height, 1)
  if (image.data.length !== image.width * image.height * image.channels) {
    throw new ArgumentError(
      'image.data',
      `hold ${image.width}x${image.height}x${image.channels} values`,
      image.data.length,
    )
  }
}

/**
 * {@link upscale} as it goes: after each tile the rectangle that is finished, from left to right and from top to bottom. The
 * rectangles cover the enlarged picture once, so that a page can paint them (`toImageData` of `esrgan-scnn/browser`) and nothing has to be held.
 * Memory does not grow with the picture, but for its width times the overlap (and a copy of it where pixels are wholly transparent).
 * The page stays alive between two tiles; to stop early, leave the loop or abort the signal.
 *
 * @throws ArgumentError and the signal's reason as {@link upscale}, at the first step; NonFiniteOutputError
 */
export async function* upscaleTiles(
  generator: Generator,
  image: PixelImage,
  { tile = 128, overlap = Math.min(24, Math.ceil(tile / 2) - 1), onProgress, signal }: UpscaleOptions = {},
): AsyncGenerator<UpscaledPart, void, undefined> {
  requireFit(generator, image, tile, overlap)
  signal?.throwIfAborted()
  repairBackend()
  const { scale, channels } = generator.config
  const { width, height } = image
  const hasAlpha = image.channels === 2 || image.channels === 4
  const visible = await fillHiddenColours(image, signal)
  const alphaOf = hasAlpha ? enlargedAlpha(image, scale) : undefined
  const source = { width, height, cut: (rows: Tile, columns: Tile) => cut(visible, rows, columns, channels) }
  for await (const blended of blendTiles(generator, source, { tile, overlap, onProgress, signal })) {
    const part = toPixels(blended, image, channels)
    alphaOf?.(blended).forEach((alpha, i) => (part.data[(i + 1) * image.channels - 1] = alpha))
    yield { left: blended.left, top: blended.top, image: part }
  }
}

/**
 * {@link upscaleTiles}, put together to bands of whole rows, from top to bottom: what writers of files take (`writePNG` of
 * `esrgan-scnn/node`). Memory: one band of the enlarged picture, as high as a tile.
 *
 * @throws ArgumentError and the signal's reason as {@link upscale}, at the first step; NonFiniteOutputError
 */
export async function* upscaleBands(
  generator: Generator,
  image: PixelImage,
  options?: UpscaleOptions,
): AsyncGenerator<UpscaledPart, void, undefined> {
  const width = image.width * generator.config.scale
  let band: PixelImage | undefined
  for await (const part of upscaleTiles(generator, image, options)) {
    band ??= blankImage(image, width, part.image.height)
    place(band, { ...part, top: 0 })
    if (part.left + part.image.width === width) {
      yield { left: 0, top: part.top, image: band }
      band = undefined
    }
  }
}

/**
 * Super-resolution of a picture of any size, tile by tile. Neighbouring tiles share `overlap` pixels: the outer part of
 * the overlap, where a tile knows too little around it, is thrown away, and the tiles are blended linearly over the
 * rest. With an overlap of twice {@link receptiveRadius} the result is that of the whole picture in one piece.
 *
 * Values are clamped, then rounded to the picture's depth (8 or 16 bits). Grey pictures are run as grey or repeated to
 * RGB and averaged back, whichever the generator asks for. Alpha is enlarged apart, by bicubic interpolation, and colours are
 * straight, not premultiplied: those under wholly transparent pixels are first replaced by the nearest visible ones, so that nothing dark
 * gets into the border of what is visible. Memory: one tile in the backend; outside it the result and a fraction of a tile's rows.
 *
 * @throws ArgumentError when the generator's channels do not fit the picture, an option is out of range, or the result would be larger
 *   than one array holds, 2^32 bytes: {@link upscaleBands} has no such limit
 * @throws NonFiniteOutputError where the generator gives NaN or infinity
 * @throws the signal's reason when it is aborted
 */
export async function upscale(generator: Generator, image: PixelImage, options?: UpscaleOptions): Promise<PixelImage> {
  const result = blankEnlargement(image, generator.config.scale)
  for await (const part of upscaleTiles(generator, image, options)) place(result, part)
  return result
}
