/** A stretch of an axis that goes through the generator in one piece, in input pixels. */
export interface Tile {
  readonly start: number
  readonly size: number
}

/** What of a tile's output is used along an axis, in output pixels. */
export interface TileShare {
  /** The first pixel that is used; the tile's own output begins at or before it. */
  readonly first: number
  /** How much each pixel counts, from `first` on. */
  readonly weights: Float32Array
  /** No later tile has a share in the pixels before this one. */
  readonly finished: number
}

/**
 * Covers an axis of `length` pixels with the fewest tiles of one size, at most `tile`, that overlap by at least `overlap`; they are
 * evenly spread, and no larger than that takes. Starts and sizes are multiples of `multiple`, so the last may reach past the end by
 * less than that.
 */
export function placeTiles(length: number, tile: number, overlap: number, multiple: number): Tile[] {
  // In units of `multiple`; the overlap is rounded up, so that none is smaller than asked for.
  const whole = Math.ceil(length / multiple)
  const largest = Math.floor(tile / multiple)
  const shared = Math.min(Math.ceil(overlap / multiple), largest - 1)
  if (whole <= largest) return [{ start: 0, size: whole * multiple }]
  const count = Math.ceil((whole - shared) / (largest - shared))
  const size = Math.ceil((whole + (count - 1) * shared) / count)
  return Array.from({ length: count }, (_, k) => ({
    start: Math.floor((k * (whole - size)) / (count - 1)) * multiple,
    size: size * multiple,
  }))
}

/** What {@link shareTiles} takes. */
export interface TileShareOptions {
  /** Input pixels of the axis. */
  readonly length: number
  /** Input pixels that an output pixel sees to each side. */
  readonly radius: number
  /** Input pixels that neighbouring tiles share at least. */
  readonly overlap: number
  /** Output pixels of an input pixel. */
  readonly scale: number
}

/**
 * How the tiles of an axis are blended: at every output pixel the weights of all tiles add up to one. In an overlap the outer part
 * of either tile counts nothing, for it knows too little around it, and the weights cross linearly over the rest: that part is the
 * receptive radius where the overlap has room for it, and a quarter of the overlap elsewhere.
 */
export function shareTiles(tiles: readonly Tile[], { length, radius, overlap, scale }: TileShareOptions): TileShare[] {
  const trim = (overlap >= 2 * radius ? radius : Math.floor(overlap / 4)) * scale
  /** Where the seam between tile k-1 and tile k begins and ends. */
  const seams = tiles.map(({ start }, k) => {
    if (k === 0) return { begin: 0, end: 0 }
    const before = tiles[k - 1]!
    return { begin: start * scale + trim, end: (before.start + before.size) * scale - trim }
  })
  seams.push({ begin: length * scale, end: length * scale })
  /** The share at output pixel x of tile k and all after it: 0 before the seam, 1 after it. */
  const from = (k: number, x: number): number => {
    const { begin, end } = seams[k]!
    if (x >= end) return 1
    return x < begin ? 0 : (x + 0.5 - begin) / (end - begin)
  }
  return tiles.map((_, k) => {
    const first = seams[k]!.begin
    const finished = seams[k + 1]!.begin
    const last = Math.min(seams[k + 1]!.end, length * scale)
    const weights = Float32Array.from(
      { length: last - first },
      (_value, i) => from(k, first + i) - from(k + 1, first + i),
    )
    return { first, weights, finished: Math.min(finished, length * scale) }
  })
}
