import { requireAllowedSize, type ImageLimits } from '../data/imageLimits.js'
import { readTiffLayout } from '../data/tiffLayout.js'
import { readTiffTags, type TiffTags } from '../data/tiffTags.js'
import type { PixelImage } from '../image.js'
import { inflate } from './inflate.js'
import { decompressLZW } from './lzw.js'
import { applyOrientation } from './orientation.js'
import { decompressPackBits } from './packBits.js'
import { samplesOf, unpackSamples } from './samples.js'

interface Header {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly samples: number
  /** PhotometricInterpretation: 0 white is zero, 1 black is zero, 2 RGB, 3 palette. */
  readonly photometric: number
  readonly compression: number
  readonly predicted: boolean
}

/** The numbers of a tag that has one for each sample, as far as it has them. */
const ofSamples = (tags: TiffTags, tag: number, samples: number): number[] =>
  Array.from({ length: Math.min(samples, tags.count(tag)) }, (_, i) => tags.value(tag, i))

function readHeader(tags: TiffTags, limits: ImageLimits): Header {
  const [width, height] = [tags.first(256, 0), tags.first(257, 0)]
  requireAllowedSize(width, height, limits)
  const samples = tags.first(277, 1)
  const photometric = tags.first(262, -1)
  const allowed =
    photometric === 2 ? [3, 4] : photometric === 3 ? [1] : photometric === 0 || photometric === 1 ? [1, 2] : []
  const supported = allowed.includes(samples)
  const bitsPerSample = supported ? ofSamples(tags, 258, samples) : []
  const bits = bitsPerSample[0] ?? 1
  if (![1, 2, 4, 8, 16].includes(bits) || bitsPerSample.some((each) => each !== bits)) {
    throw new Error(`samples of ${[...new Set(bitsPerSample)].join(' and ')} bits are not supported`)
  }
  if (!supported || (bits < 8 && samples !== 1) || (bits === 16 && photometric === 3)) {
    throw new Error(`${samples} samples a pixel of photometric interpretation ${photometric} are not supported`)
  }
  if (ofSamples(tags, 339, samples).some((format) => format !== 1 && format !== 4)) {
    throw new Error('samples that are not whole numbers from 0 are not supported')
  }
  requireAllowedSize(width, height, limits, bits === 16 ? samples * 2 : samples)
  if (tags.first(266, 1) !== 1) throw new Error('reversed bits are not supported')
  const compression = tags.first(259, 1)
  if (![1, 5, 8, 32946, 32773].includes(compression)) throw new Error(`compression ${compression} is not supported`)
  const predictor = tags.first(317, 1)
  if (predictor > 2 || (predictor === 2 && bits < 8)) throw new Error(`predictor ${predictor} is not supported`)
  return { width, height, bits, samples, photometric, compression, predicted: predictor === 2 }
}

/** What a byte can become at the very most, by compression: refused before room is made for more. */
const mostPerByte: Readonly<Record<number, number>> = { 1: 1, 5: 4096, 32773: 64 }

/** The bytes of one strip or tile; `whole` are those of a full one, with which some writers fill up the last. */
async function decompress(data: Uint8Array, compression: number, expected: number, whole: number): Promise<Uint8Array> {
  if (compression === 8 || compression === 32946) return inflate([data], expected, whole)
  const tooLittle = new Error('holds fewer pixels than its header says')
  if (expected > data.length * mostPerByte[compression]!) throw tooLittle
  // A copy, for predictors are undone in place.
  if (compression === 1) return data.slice(0, expected)
  const out = new Uint8Array(expected)
  const length = compression === 5 ? decompressLZW(data, out) : decompressPackBits(data, out)
  if (length < expected) throw tooLittle
  return out
}

/** Undoes the horizontal differences of rows of samples (TIFF 6.0, section 14). */
function undoDifferences(values: Uint8Array | Uint16Array, row: number, step: number): void {
  for (let start = 0; start < values.length; start += row) {
    for (let i = start + step; i < start + row; i++) values[i]! += values[i - step]!
  }
}

/** Every sample as it is stored, planes interleaved. */
async function readSamples(bytes: Uint8Array, tags: TiffTags, header: Header): Promise<Uint8Array | Uint16Array> {
  const { width, height, bits, samples, compression, predicted } = header
  const layout = readTiffLayout(tags, header, bytes.length)
  const { across, down, together, planes, rowBytes, tiled } = layout
  const blocks = across * down * planes
  const [offsets, lengths] = [tags.count(layout.tags.offsets), tags.count(layout.tags.lengths)]
  if (offsets < blocks || (lengths > 0 && lengths < blocks)) {
    throw new Error(`lists ${Math.min(offsets, lengths || offsets)} of ${blocks} strips or tiles`)
  }
  const rowSamples = layout.width * together
  let out: Uint8Array | Uint16Array | undefined
  for (let plane = 0, block = 0; plane < planes; plane++) {
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++, block++) {
        const rows = tiled ? layout.height : Math.min(layout.height, height - y * layout.height)
        const offset = tags.value(layout.tags.offsets, block)
        const whole = compression === 1 ? rowBytes * rows : 0
        const length = lengths > 0 ? tags.value(layout.tags.lengths, block) : whole
        if (offset + length > bytes.length) throw new Error('ends too soon, or points outside itself')
        const data = bytes.subarray(offset, offset + length)
        const raw = await decompress(data, compression, rowBytes * rows, rowBytes * layout.height)
        const values = samplesOf(bits, rowSamples * rows)
        for (let row = 0; row < rows; row++) {
          const line = values.subarray(row * rowSamples, (row + 1) * rowSamples)
          unpackSamples(raw, row * rowBytes, bits, rowSamples, line, tags.littleEndian)
        }
        if (predicted) undoDifferences(values, rowSamples, together)
        // Room for the image is made when its first block has proved to be there.
        out ??= samplesOf(bits, width * height * samples)
        const columns = Math.min(layout.width, width - x * layout.width)
        for (let row = 0; row < Math.min(rows, height - y * layout.height); row++) {
          const into = ((y * layout.height + row) * width + x * layout.width) * samples
          const line = values.subarray(row * rowSamples, row * rowSamples + columns * together)
          if (planes === 1) out.set(line, into)
          else for (let i = 0; i < columns; i++) out[into + i * samples + plane] = line[i]!
        }
      }
    }
  }
  return out!
}

/** The colours of palette indices: the upper 8 of the 16 bits that TIFF stores, grey where the whole palette is. */
function applyPalette(image: PixelImage, tags: TiffTags, bits: number): PixelImage {
  const colours = 2 ** bits
  if (tags.count(320) !== colours * 3) throw new Error('has no palette, or a damaged one')
  const map = Uint16Array.from({ length: colours * 3 }, (_, i) => tags.value(320, i))
  const colourOf = (index: number, c: number): number => map[c * colours + index]! >> 8
  const indices = Array.from({ length: colours }, (_, i) => i)
  const isGrey = indices.every((i) => colourOf(i, 0) === colourOf(i, 1) && colourOf(i, 0) === colourOf(i, 2))
  const channels = isGrey ? 1 : 3
  const data = new Uint8Array(image.data.length * channels)
  for (let i = 0; i < image.data.length; i++) {
    for (let c = 0; c < channels; c++) data[i * channels + c] = colourOf(image.data[i]!, c)
  }
  return { ...image, channels, data }
}

/** Divides the colours by their alpha, rounding down as libvips does: what was lost by multiplying does not come back. */
function undoPremultiplication(data: Uint8Array | Uint16Array, samples: number, maxValue: number): void {
  for (let i = 0; i < data.length; i += samples) {
    const alpha = data[i + samples - 1]!
    for (let c = i; c < i + samples - 1; c++) {
      data[c] = alpha === 0 ? 0 : Math.min(maxValue, Math.floor((data[c]! * maxValue) / alpha))
    }
  }
}

/**
 * The pixels of a TIFF's first page: grey, RGB, alpha and palettes of 8 and 16 bits (grey and palettes also of 1, 2 and 4), in
 * strips or tiles, together or in planes, plain or compressed by LZW, deflate or PackBits (TIFF 6.0, also as BigTIFF).
 */
export async function decodeTIFF(bytes: Uint8Array, limits: ImageLimits): Promise<PixelImage> {
  const tags = readTiffTags(bytes)
  const header = readHeader(tags, limits)
  const { width, height, bits, samples, photometric } = header
  const data = await readSamples(bytes, tags, header)
  const orientation = tags.first(274, 1)
  const image: PixelImage = {
    width,
    height,
    channels: samples as 1 | 2 | 3 | 4,
    data,
    maxValue: bits === 16 ? 65535 : 255,
  }
  if (photometric === 3) return applyOrientation(applyPalette(image, tags, bits), orientation)
  const white = 2 ** bits - 1
  const scale = bits < 8 ? 255 / white : 1
  if (scale > 1 || photometric === 0) {
    // Alpha is no grey: it is not turned round.
    for (let i = 0; i < data.length; i += samples) data[i] = (photometric === 0 ? white - data[i]! : data[i]!) * scale
  }
  if (samples % 2 === 0 && tags.first(338, 0) === 1) undoPremultiplication(data, samples, image.maxValue)
  return applyOrientation(image, orientation)
}
