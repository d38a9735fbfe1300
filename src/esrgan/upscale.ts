import { clipByValue, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { repairBackend } from '../backend/index.js'
import { resizeBicubic } from '../data/index.js'
import { ArgumentError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { foldingOf, type Generator, type GeneratorConfig } from './generator.js'
import { denseBlocks, denseConvolutions } from './rrdb.js'
import { placeTiles, rampWeights, type Tile } from './tiles.js'

/**
 * Super-resolution of a batch in one piece: the generator's output clamped to [0, 1].
 *
 * @param images `[batch, height, width, channels]` in [0, 1]; borrowed
 * @returns `[batch, scale*height, scale*width, channels]`, which the caller disposes
 */
export function superResolve(generator: Generator, images: Tensor4D): Tensor4D {
  return tidy(() => clipByValue(generator.apply(images), 0, 1))
}

/**
 * How far an output pixel sees, in input pixels to each side: tiles that overlap by twice this are exact.
 * 352 for 23 blocks at scale 4; most of what a trained generator uses is far nearer.
 */
export function receptiveRadius({ blocks, scale }: Pick<GeneratorConfig, 'blocks' | 'scale'>): number {
  // conv_first, 15 convolutions a block, conv_body; then conv_up1 at 2x, conv_up2, conv_hr and conv_last at 4x: 1.25, rounded up
  // with the pixel that nearest upsampling may be off by.
  const folded = 1 + blocks * denseBlocks * denseConvolutions + 1 + 3
  return folded * foldingOf(scale)
}

/** Settings of {@link upscale}. */
export interface UpscaleOptions {
  /** Side of the squares that go through the generator at once, in input pixels with their overlap; default 128. Memory grows with its square. */
  readonly tile?: number
  /** Input pixels that neighbouring tiles share, less than half a tile; default 24, or less where the tile is small. */
  readonly overlap?: number
  /** Receives progress after every tile, stage `super-resolve`. */
  readonly onProgress?: OnProgress
  /** Stops between two tiles. */
  readonly signal?: AbortSignal
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

/** The alpha channel alone, upscaled by MATLAB's bicubic. */
function upscaleAlpha(image: PixelImage, scale: number): PixelImage {
  const { width, height, channels, data, maxValue } = image
  const alpha = data.filter((_, i) => i % channels === channels - 1)
  return resizeBicubic({ width, height, channels: 1, data: alpha, maxValue }, { scale })
}

/**
 * Super-resolution of a picture of any size, tile by tile. Neighbouring tiles share `overlap` pixels: the outer part of
 * the overlap, where a tile knows too little around it, is thrown away, and the tiles are blended linearly over the
 * rest. With an overlap of twice {@link receptiveRadius} the result is that of the whole picture in one piece.
 *
 * Values are clamped, then rounded to the picture's depth (8 or 16 bits). Grey pictures are run as grey or repeated to
 * RGB and averaged back, whichever the generator asks for; an alpha channel is upscaled by bicubic interpolation. Memory: one tile in the backend,
 * one band of tiles and the result outside.
 *
 * @throws ArgumentError when the generator's channels do not fit the picture, or an option is out of range
 * @throws the signal's reason when it is aborted
 */
export async function upscale(
  generator: Generator,
  image: PixelImage,
  { tile = 128, overlap = Math.min(24, Math.ceil(tile / 2) - 1), onProgress, signal }: UpscaleOptions = {},
): Promise<PixelImage> {
  const { scale, channels } = generator.config
  const folding = foldingOf(scale)
  requireInteger('options.tile', tile, 4)
  requireInteger('options.overlap', overlap, 0)
  if (2 * overlap >= tile)
    throw new ArgumentError('options.overlap', `be less than half of the tile (${tile})`, overlap)
  if (tile % folding !== 0)
    throw new ArgumentError('options.tile', `be a multiple of ${folding} at scale ${scale}`, tile)
  const isGrey = image.channels <= 2
  if (channels !== 3 && !(channels === 1 && isGrey)) {
    throw new ArgumentError('generator', `have ${isGrey ? '1 or 3 channels' : '3 channels'} for this picture`, channels)
  }
  signal?.throwIfAborted()
  repairBackend()

  const { width, height, maxValue } = image
  const outWidth = width * scale
  const outChannels = image.channels
  const colours = isGrey ? 1 : 3
  const data =
    maxValue === 255
      ? new Uint8Array(outWidth * height * scale * outChannels)
      : new Uint16Array(outWidth * height * scale * outChannels)
  const radius = receptiveRadius(generator.config)
  const rowTiles = placeTiles(height, tile, overlap, folding)
  const columnTiles = placeTiles(width, tile, overlap, folding)
  const rowWeights = rampWeights(rowTiles, radius, overlap, scale)
  const columnWeights = rampWeights(columnTiles, radius, overlap, scale)

  // The sum of weighted tiles for the rows from `bandStart` on; rows that no later tile reaches are rounded and leave it.
  const bandRows = Math.max(...rowTiles.map(({ size }) => size)) * scale
  const band = new Float32Array(bandRows * outWidth * colours)
  let bandStart = 0
  const flush = (until: number): void => {
    const rows = until - bandStart
    for (let y = 0; y < Math.min(rows, height * scale - bandStart); y++) {
      for (let x = 0; x < outWidth; x++) {
        const to = ((bandStart + y) * outWidth + x) * outChannels
        for (let c = 0; c < colours; c++) {
          const value = band[(y * outWidth + x) * colours + c]!
          data[to + c] = Math.round(Math.min(1, Math.max(0, value)) * maxValue)
        }
      }
    }
    band.copyWithin(0, rows * outWidth * colours)
    band.fill(0, Math.max(0, band.length - rows * outWidth * colours))
    bandStart = until
  }

  const report = trackProgress('super-resolve', rowTiles.length * columnTiles.length, onProgress)
  let done = 0
  for (const [r, rows] of rowTiles.entries()) {
    for (const [k, columns] of columnTiles.entries()) {
      await breathe(signal)
      const result = tidy(() =>
        generator.apply(tensor4d(cut(image, rows, columns, channels), [1, rows.size, columns.size, channels])),
      )
      let values: Float32Array
      try {
        values = await result.data<'float32'>()
      } finally {
        result.dispose()
      }
      const tileWidth = columns.size * scale
      for (let y = 0; y < rows.size * scale; y++) {
        const rowWeight = rowWeights[r]![y]!
        const bandRow = rows.start * scale + y - bandStart
        for (let x = 0; x < tileWidth; x++) {
          const weight = rowWeight * columnWeights[k]![x]!
          const column = columns.start * scale + x
          if (weight === 0 || column >= outWidth) continue
          const from = (y * tileWidth + x) * channels
          const to = (bandRow * outWidth + column) * colours
          if (channels === colours) for (let c = 0; c < colours; c++) band[to + c]! += weight * values[from + c]!
          else band[to]! += (weight * (values[from]! + values[from + 1]! + values[from + 2]!)) / 3
        }
      }
      report(++done)
    }
    flush(r + 1 < rowTiles.length ? rowTiles[r + 1]!.start * scale : height * scale)
  }

  if (image.channels === 2 || image.channels === 4) {
    const alpha = upscaleAlpha(image, scale).data
    for (let i = 0; i < alpha.length; i++) data[i * outChannels + colours] = alpha[i]!
  }
  return { width: outWidth, height: height * scale, channels: image.channels, data, maxValue }
}
