import type { PixelImage } from '../image.js'
import type { ImageHeader } from './imageHeader.js'

/** RGBA of an image. */
interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Uint8ClampedArray
}

/** Opaque pixels: a canvas gives them back as they were drawn. */
async function decodeOpaque(bytes: Uint8Array, type: string): Promise<Pixels> {
  const bitmap = await createImageBitmap(new Blob([bytes as BlobPart], { type }), {
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
    imageOrientation: 'from-image',
  })
  try {
    const { width, height } = bitmap
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false })
    if (context === null) throw new Error('this browser has no canvas to read pixels from')
    context.drawImage(bitmap, 0, 0)
    return { width, height, data: context.getImageData(0, 0, width, height).data }
  } finally {
    bitmap.close()
  }
}

/**
 * Pixels with alpha. A canvas multiplies the colours by it, and so does every conversion of a `VideoFrame`: the frame is read
 * in the order that it has.
 */
async function decodeTranslucent(bytes: Uint8Array, type: string): Promise<Pixels> {
  const decoder = new ImageDecoder({ data: bytes as BufferSource, type, colorSpaceConversion: 'none' })
  try {
    const { image } = await decoder.decode({ frameIndex: 0 })
    try {
      const { format, visibleRect } = image
      const { width, height } = visibleRect!
      if (format !== 'RGBA' && format !== 'BGRA') throw new Error(`this browser decodes alpha to ${format} only`)
      const layout = [{ offset: 0, stride: width * 4 }]
      const data = new Uint8Array(image.allocationSize({ layout }))
      await image.copyTo(data, { layout })
      if (format === 'BGRA') {
        for (let i = 0; i < data.length; i += 4) {
          const blue = data[i]!
          data[i] = data[i + 2]!
          data[i + 2] = blue
        }
      }
      return { width, height, data }
    } finally {
      image.close()
    }
  } finally {
    decoder.close()
  }
}

/** A lossless WebP of one pixel, (200, 100, 50) under alpha 1. */
const faint = {
  file: 'UklGRhwAAABXRUJQVlA4TBAAAAAvAAAAEAdQsiJXJgMR0f8A',
  pixel: [200, 100, 50, 1],
}

let keeping: Promise<boolean> | undefined

/** Whether this browser keeps the colours under a low alpha: nothing says so, one pixel shows it. */
async function keepsColours(): Promise<boolean> {
  if (typeof ImageDecoder === 'undefined') return false
  const bytes = Uint8Array.from(atob(faint.file), (character) => character.charCodeAt(0))
  const { data } = await decodeTranslucent(bytes, 'image/webp')
  return faint.pixel.every((value, i) => data[i] === value)
}

/** The pixels that the browser's own decoder gives, with the channels that the file has. */
export async function decodeNatively(bytes: Uint8Array, type: string, header: ImageHeader): Promise<PixelImage> {
  const { channels } = header
  if (channels === 4 && typeof ImageDecoder === 'undefined' && globalThis.isSecureContext === false) {
    throw new Error('it has alpha, which browsers decode without loss only on pages from https or localhost')
  }
  if (channels === 4 && !(await (keeping ??= keepsColours().catch(() => false)))) {
    throw new Error('it has alpha, and this browser does not keep the colours under it')
  }
  const { width, height, data } = await (channels === 4 ? decodeTranslucent : decodeOpaque)(bytes, type)
  if (width * height !== header.width * header.height) throw new Error('is not of the size that its header says')
  const out = new Uint8Array(width * height * channels)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) out[i * channels + c] = data[i * 4 + c]!
  }
  return { width, height, channels, data: out, maxValue: 255 }
}
