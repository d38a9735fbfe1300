import { tensor4d, tidy } from '@tensorflow/tfjs-core'
import { breathe, trackProgress, type OnProgress } from '../training/index.js'
import { foldingOf, type Generator } from './generator.js'
import { receptiveRadius } from './receptiveRadius.js'
import { placeTiles, shareTiles, type Tile } from './tiles.js'

/** A picture of any size that is read in parts. */
export interface TileSource {
  readonly width: number
  readonly height: number
  /** The values `[rows.size, columns.size, channels]` of a part, which may reach past the end. */
  readonly cut: (rows: Tile, columns: Tile) => Float32Array
}

/** A finished part of the output, in output pixels. */
export interface BlendedTile {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** `[height, width, channels]`, neither clamped nor rounded. */
  readonly values: Float32Array
}

/** What {@link blendTiles} takes; see `UpscaleOptions`. */
export interface BlendOptions {
  readonly tile: number
  readonly overlap: number
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

/** A rectangle of interleaved values. */
interface Field {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

/** Adds the rows of `from`, columns `[at, at + width)` of it, to the top left of `to`. */
function addTopLeft(to: Field, from: Field, at: number, width: number, channels: number): void {
  for (let y = 0; y < from.height; y++) {
    const source = (y * from.width + at) * channels
    const target = y * to.width * channels
    for (let i = 0; i < width * channels; i++) to.values[target + i]! += from.values[source + i]!
  }
}

/** A copy of a rectangle of a field. */
function cutField(
  { width, values }: Field,
  left: number,
  top: number,
  size: Omit<Field, 'values'>,
  channels: number,
): Field {
  const out = new Float32Array(size.width * size.height * channels)
  for (let y = 0; y < size.height; y++) {
    const start = ((top + y) * width + left) * channels
    out.set(values.subarray(start, start + size.width * channels), y * size.width * channels)
  }
  return { ...size, values: out }
}

/**
 * The generator over a picture in tiles, from left to right and from top to bottom: after each tile the rectangle that no later tile
 * has a share in. The rectangles cover the output once. Kept between two tiles are the sums of what is still shared: a column beside
 * the tile and the rows under it, as high as an overlap and as wide as the picture; no tensor.
 */
export async function* blendTiles(
  generator: Generator,
  { width, height, cut }: TileSource,
  { tile, overlap, onProgress, signal }: BlendOptions,
): AsyncGenerator<BlendedTile, void, undefined> {
  const { scale, channels } = generator.config
  const folding = foldingOf(scale)
  const sharing = { radius: receptiveRadius(generator.config), overlap, scale }
  const rowTiles = placeTiles(height, tile, overlap, folding)
  const columnTiles = placeTiles(width, tile, overlap, folding)
  const rowShares = shareTiles(rowTiles, { ...sharing, length: height })
  const columnShares = shareTiles(columnTiles, { ...sharing, length: width })
  const outWidth = width * scale

  // What the tiles above have summed for the rows from this row's `first` on.
  let above: Field = { width: outWidth, height: 0, values: new Float32Array(0) }
  const report = trackProgress('super-resolve', rowTiles.length * columnTiles.length, onProgress)
  let done = 0
  for (const [r, rows] of rowTiles.entries()) {
    const down = rowShares[r]!
    const belowHeight = down.first + down.weights.length - down.finished
    const below: Field = {
      width: outWidth,
      height: belowHeight,
      values: new Float32Array(belowHeight * outWidth * channels),
    }
    let before: Field = { width: 0, height: 0, values: new Float32Array(0) }
    for (const [k, columns] of columnTiles.entries()) {
      await breathe(signal)
      const across = columnShares[k]!
      const output = await run(generator, cut(rows, columns), rows.size, columns.size)

      const sum: Field = {
        width: across.weights.length,
        height: down.weights.length,
        values: new Float32Array(across.weights.length * down.weights.length * channels),
      }
      let to = 0
      for (let y = 0; y < sum.height; y++) {
        const start =
          (down.first - rows.start * scale + y) * columns.size * scale + across.first - columns.start * scale
        for (let x = 0; x < sum.width; x++) {
          const weight = down.weights[y]! * across.weights[x]!
          const from = (start + x) * channels
          for (let c = 0; c < channels; c++) sum.values[to++] = weight * output[from + c]!
        }
      }
      addTopLeft(sum, before, 0, before.width, channels)
      const finished = { width: across.finished - across.first, height: down.finished - down.first }
      const kept = { width: sum.width - finished.width, height: sum.height }
      before = cutField(sum, finished.width, 0, kept, channels)
      addTopLeft(sum, above, across.first, finished.width, channels)
      for (let y = 0; y < belowHeight; y++) {
        const start = (finished.height + y) * sum.width * channels
        below.values.set(
          sum.values.subarray(start, start + finished.width * channels),
          (y * outWidth + across.first) * channels,
        )
      }
      report(++done)
      yield { left: across.first, top: down.first, ...cutField(sum, 0, 0, finished, channels) }
    }
    above = below
  }
}

/** The values of the generator's output for one tile. */
async function run(generator: Generator, values: Float32Array, height: number, width: number): Promise<Float32Array> {
  const { channels } = generator.config
  const result = tidy(() => generator.apply(tensor4d(values, [1, height, width, channels])))
  try {
    return await result.data<'float32'>()
  } finally {
    result.dispose()
  }
}
