/** A stretch of an axis, in input pixels. */
export interface Tile {
  readonly start: number
  readonly size: number
}

/**
 * Covers an axis of `length` pixels with tiles of equal size that overlap by at least `overlap`, evenly spread; starts
 * and sizes are multiples of `multiple`, so the last may reach past the end by less than that.
 */
export function placeTiles(length: number, tile: number, overlap: number, multiple: number): Tile[] {
  const padded = Math.ceil(length / multiple) * multiple
  if (padded <= tile) return [{ start: 0, size: padded }]
  const steps = (padded - tile) / multiple
  // Whole multiples between starts, rounded down, so that no overlap is smaller than asked for.
  const stride = Math.max(1, Math.floor((tile - overlap) / multiple))
  const count = Math.ceil(steps / stride) + 1
  return Array.from({ length: count }, (_, i) => ({
    start: Math.floor((i * steps) / (count - 1)) * multiple,
    size: tile,
  }))
}

/**
 * The weight of each output pixel of each tile; at every pixel of the axis the weights of all tiles add up to one. In an overlap
 * the outer `trim` pixels of either tile count nothing and the weights cross linearly in between: `trim` is the
 * receptive radius where the overlap has room for it, and a quarter of the overlap elsewhere.
 */
export function rampWeights(tiles: readonly Tile[], radius: number, overlap: number, scale: number): Float32Array[] {
  const trim = (overlap >= 2 * radius ? radius : Math.floor(overlap / 4)) * scale
  /** The share at output position x of tile k and all after it: 0 before the seam to tile k, 1 after it. */
  const from = (k: number, x: number): number => {
    if (k === 0) return 1
    if (k === tiles.length) return 0
    const begin = tiles[k]!.start * scale + trim
    const end = (tiles[k - 1]!.start + tiles[k - 1]!.size) * scale - trim
    if (end <= begin) return x >= begin ? 1 : 0
    return Math.min(1, Math.max(0, (x + 0.5 - begin) / (end - begin)))
  }
  return tiles.map(({ start, size }, k) =>
    Float32Array.from({ length: size * scale }, (_, i) => {
      const x = start * scale + i
      return from(k, x) - from(k + 1, x)
    }),
  )
}
