import type { PixelImage } from '../image.js'

/**
 * The image as an EXIF orientation (1 to 8) says it is to be shown; another number means 1, upright as stored. 5 to 8 swap width
 * and height.
 */
export function applyOrientation(image: PixelImage, orientation: number | undefined): PixelImage {
  if (orientation === undefined || orientation < 2 || orientation > 8) return image
  const { width: w, height: h, channels, data } = image
  const turned = orientation >= 5
  const fromRight = [2, 3, 7, 8].includes(orientation)
  const fromBelow = [3, 4, 6, 7].includes(orientation)
  const [width, height] = turned ? [h, w] : [w, h]
  const out = data instanceof Uint16Array ? new Uint16Array(data.length) : new Uint8Array(data.length)
  let at = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = turned ? [y, x] : [x, y]
      const from = ((fromBelow ? h - 1 - row : row) * w + (fromRight ? w - 1 - column : column)) * channels
      for (let c = 0; c < channels; c++) out[at++] = data[from + c]!
    }
  }
  return { ...image, width, height, data: out }
}
