/** A part of a PNG that is compressed by itself: the whole image, or one of Adam7's seven passes. */
export interface Pass {
  /** Left column of the pass in the image, and from one of its columns to the next. */
  readonly x: number
  /** See `x`. */
  readonly dx: number
  /** Upper row of the pass in the image, and from one of its rows to the next. */
  readonly y: number
  /** See `y`. */
  readonly dy: number
  /** Columns of the pass. */
  readonly width: number
  /** Rows of the pass. */
  readonly height: number
}

/** Adam7 (PNG specification, 8.1). */
const adam7 = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const

/** The passes of an image that hold pixels, in the order of the file. */
export function passesOf(width: number, height: number, interlaced: boolean): Pass[] {
  if (!interlaced) return [{ x: 0, dx: 1, y: 0, dy: 1, width, height }]
  return adam7
    .map(([x, dx, y, dy]) => ({
      x,
      dx,
      y,
      dy,
      width: Math.ceil((width - x) / dx),
      height: Math.ceil((height - y) / dy),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0)
}

/**
 * Undoes the filters of `height` rows in place (PNG specification, 9). Each row is one byte that names its filter and
 * `rowBytes` bytes; `step` is the distance to the same byte of the pixel to the left.
 *
 * @throws Error for a filter that does not exist.
 */
export function unfilter(data: Uint8Array, start: number, rowBytes: number, height: number, step: number): void {
  for (let row = 0; row < height; row++) {
    const at = start + row * (rowBytes + 1) + 1
    const end = at + rowBytes
    // The row above; of the first row's there is none, and its bytes count as 0.
    const up = row === 0 ? -1 : at - rowBytes - 1
    const filter = data[at - 1]!
    if (filter > 4) throw new Error(`its row has filter ${filter}, which does not exist`)
    if (filter === 0 || (filter === 2 && row === 0)) continue
    for (let i = at; i < end; i++) {
      const a = i - at < step ? 0 : data[i - step]!
      const b = up < 0 ? 0 : data[up + i - at]!
      if (filter === 1) data[i]! += a
      else if (filter === 2) data[i]! += b
      else if (filter === 3) data[i]! += (a + b) >> 1
      else {
        const c = up < 0 || i - at < step ? 0 : data[up + i - at - step]!
        const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
        data[i]! += pa <= pb && pa <= pc ? a : pb <= pc ? b : c
      }
    }
  }
}
