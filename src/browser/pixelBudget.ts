/** Throws unless a header's size is one of an image of at most `maxPixels` pixels; before anything is allocated for it. */
export function requireSize(width: number, height: number, maxPixels: number): void {
  if (!(width >= 1 && height >= 1)) throw new Error(`has no pixels (${width}x${height})`)
  if (width * height > maxPixels) {
    throw new Error(`is of ${width}x${height} pixels, more than options.maxPixels (${maxPixels})`)
  }
}
