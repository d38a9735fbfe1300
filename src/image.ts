import { tensor3d, type Tensor3D } from '@tensorflow/tfjs-core'
import { ArgumentError } from './errors.js'

/** Decoded pixels, row by row, channels interleaved. */
export interface PixelImage {
  /** Columns. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. */
  readonly channels: 1 | 2 | 3 | 4
  /** `height * width * channels` values in [0, maxValue]. */
  readonly data: Uint8Array | Uint16Array
  /** 255 for 8-bit, 65535 for 16-bit. */
  readonly maxValue: 255 | 65535
}

/** The image as RGB: grey is repeated, alpha is dropped. Returns the image itself where it is RGB already. */
export function toRGB(image: PixelImage): PixelImage {
  if (image.channels === 3) return image
  const { width, height, channels, data, maxValue } = image
  const rgb = maxValue === 255 ? new Uint8Array(width * height * 3) : new Uint16Array(width * height * 3)
  const step = channels === 4 ? 1 : 0
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + c * step]!
  }
  return { width, height, channels: 3, data: rgb, maxValue }
}

/** The image as a float32 tensor `[height, width, 3]` in [0, 1]. The caller disposes it. */
export function imageToTensor(image: PixelImage): Tensor3D {
  const { width, height, data, maxValue } = toRGB(image)
  // Loops: a typed array's `from` with a function takes twenty times as long, ten times what decoding takes.
  const values = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) values[i] = data[i]! / maxValue
  return tensor3d(values, [height, width, 3])
}

/** Pixels of a `[height, width, 3 or 1]` tensor in [0, 1]: clamped, then rounded (not truncated) to 8 bits. Borrows the tensor. */
export async function tensorToImage(tensor: Tensor3D): Promise<PixelImage> {
  const [height, width, channels] = tensor.shape
  if (channels !== 1 && channels !== 3) throw new ArgumentError('tensor', 'have 1 or 3 channels', channels)
  const values = await tensor.data()
  const data = new Uint8Array(values.length)
  for (let i = 0; i < data.length; i++) data[i] = Math.round(Math.min(1, Math.max(0, values[i]!)) * 255)
  return { width, height, channels, data, maxValue: 255 }
}
