// Layouts, n = m + 2 and xi = 0 .. n*n - 1: u [out / 8, xi, in, 8], v [xi, tile, in4], d [xi, tile, out8],
// products [xi, tile, 8],
// where in4 and out8 are the channels rounded up to 4 and 8, with zeros.

/** Bytes between the planes of one xi each: without it all points of a tile would share a few lines of the cache. */
export const planeGap: usize = 64

/** Bytes that the transforms of one tile need. */
export const temporaryBytes: usize = 36 * 16 * 2

export function roundUp(value: i32, unit: i32): i32 {
  return (value + unit - 1) & -unit
}
