import type { PixelImage } from '../../src/image.js'
import reference from '../reference/browser_images.json' with { type: 'json' }

/** A small encoded image and the pixels it holds, as test/reference/browser_images.py made them. */
export interface EncodedImage {
  readonly name: string
  readonly bytes: Uint8Array
  readonly expected: PixelImage
  /** How far a value may be off: above 0 for the formats that lose something. */
  readonly tolerance: number
  /** Whether libvips cannot read it. */
  readonly onlyHere: boolean
}

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))

export const encodedImages: readonly EncodedImage[] = reference.cases.map((each) => {
  const pixels = bytesOf(each.pixels)
  const { name, width, height, tolerance, onlyHere } = each
  return {
    name,
    bytes: bytesOf(each.bytes),
    tolerance,
    onlyHere,
    expected: {
      width,
      height,
      channels: each.channels as 1 | 2 | 3 | 4,
      data: each.maxValue === 255 ? pixels : new Uint16Array(pixels.buffer as ArrayBuffer),
      maxValue: each.maxValue as 255 | 65535,
    },
  }
})

/** The largest difference of two images' values; Infinity where they differ in anything else. */
export function largestDifference(a: PixelImage, b: PixelImage): number {
  const alike = (['width', 'height', 'channels', 'maxValue'] as const).every((key) => a[key] === b[key])
  if (!alike || a.data.length !== b.data.length) return Infinity
  let most = 0
  for (let i = 0; i < a.data.length; i++) most = Math.max(most, Math.abs(a.data[i]! - b.data[i]!))
  return most
}
