import type { PixelImage } from '../image.js'

/** Cells along each side of a thumbnail. */
export const side = 32

/**
 * Mean grey level (Rec. 601 luma, 0..255) of each of the thumbnail's cells. A pixel on the border of cells counts by its
 * share, so that a resized copy gives the same thumbnail.
 */
export function greyThumbnail({ width, height, channels, data, maxValue }: PixelImage): Float64Array {
  const grey =
    channels >= 3
      ? (i: number): number => 299 * data[i]! + 587 * data[i + 1]! + 114 * data[i + 2]!
      : (i: number): number => 1000 * data[i]!
  const sums = new Float64Array(side * side)
  // Sums of a row from its start to each cell's end, and the same down the columns: a cell is a difference of two.
  const line = new Float64Array(side)
  const above = new Float64Array(side)
  let row = 0
  let rowEnd = height / side
  for (let y = 0; y < height; y++) {
    const start = y * width * channels
    let sum = 0
    let x = 0
    let before = 0
    for (let k = 0; k < side; k++) {
      const end = ((k + 1) * width) / side
      const whole = Math.floor(end)
      for (; x < whole; x++) sum += grey(start + x * channels)
      const upTo = whole < end ? sum + (end - whole) * grey(start + whole * channels) : sum
      line[k] = upTo - before
      before = upTo
    }
    // The row covers [y, y + 1); every row of cells that ends in it takes its share.
    let from = y
    while (row < side && rowEnd <= y + 1) {
      const share = rowEnd - from
      for (let k = 0; k < side; k++) {
        sums[row * side + k] = above[k]! + share * line[k]!
        above[k] = 0
      }
      from = rowEnd
      row++
      rowEnd = ((row + 1) * height) / side
    }
    const share = y + 1 - from
    if (share > 0) for (let k = 0; k < side; k++) above[k]! += share * line[k]!
  }
  const scale = ((width * height) / (side * side)) * (maxValue === 255 ? 1000 : 257_000)
  for (let i = 0; i < sums.length; i++) sums[i]! /= scale
  return sums
}
