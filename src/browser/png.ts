import { requireAllowedSize, type ImageLimits } from '../data/imageLimits.js'
import type { PixelImage } from '../image.js'
import { crc32 } from './crc32.js'
import { inflate } from './inflate.js'
import { applyOrientation } from './orientation.js'
import { passesOf, unfilter } from './pngFilters.js'
import { samplesOf, unpackSamples } from './samples.js'
import { exifOrientation } from '../data/tiffTags.js'

/** Samples of a pixel and the depths allowed, by colour type (PNG specification, 11.2.1). */
const colourTypes: Readonly<Record<number, { samples: 1 | 2 | 3 | 4; depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
}

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colourType: number
  readonly samples: 1 | 2 | 3 | 4
  readonly interlaced: boolean
}

interface Chunks {
  readonly header: Header
  readonly palette: Uint8Array | undefined
  readonly transparency: Uint8Array | undefined
  readonly exif: Uint8Array | undefined
  readonly pixels: readonly Uint8Array[]
}

function readHeader(data: Uint8Array, limits: ImageLimits): Header {
  if (data.length !== 13) throw new Error('has a damaged header')
  const view = new DataView(data.buffer, data.byteOffset, 13)
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  requireAllowedSize(width, height, limits)
  const [depth, colourType, compression, filter, interlace] = data.subarray(8) as unknown as number[]
  const type = colourTypes[colourType!]
  if (!type?.depths.includes(depth!))
    throw new Error(`has colour type ${colourType} of ${depth} bits, which PNG has not`)
  requireAllowedSize(width, height, limits, type.samples * (depth === 16 ? 2 : 1))
  if (compression !== 0 || filter !== 0 || interlace! > 1) throw new Error('has a damaged header')
  return { width, height, depth: depth!, colourType: colourType!, samples: type.samples, interlaced: interlace === 1 }
}

/** The chunks that matter, each checked against its CRC. */
function readChunks(bytes: Uint8Array, limits: ImageLimits): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = new Map<string, Uint8Array>()
  const pixels: Uint8Array[] = []
  let header: Header | undefined
  for (let at = 8; ;) {
    if (at + 12 > bytes.length) throw new Error('ends too soon')
    const length = view.getUint32(at)
    if (at + 12 + length > bytes.length) throw new Error('ends too soon')
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const data = bytes.subarray(at + 8, at + 8 + length)
    const isFirst = at === 8
    const isNeeded = /^[A-Z]/.test(type)
    if (isFirst !== (type === 'IHDR')) throw new Error('has a damaged header')
    if (isNeeded || type === 'tRNS') {
      if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
        throw new Error(`is damaged (the checksum of ${type} is wrong)`)
      }
    }
    at += 12 + length
    if (type === 'IHDR') header = readHeader(data, limits)
    else if (type === 'IDAT') pixels.push(data)
    else if (type === 'IEND') break
    else if (['PLTE', 'tRNS', 'eXIf'].includes(type)) {
      const isKnown = found.has(type)
      if (type === 'PLTE' && isKnown && pixels.length === 0) throw new Error('has two palettes')
      // As libpng: what comes after the pixels, a second time, or is of a palette yet to come, does not count.
      const isEarly = type === 'tRNS' && header?.colourType === 3 && !found.has('PLTE')
      if (pixels.length === 0 && !isKnown && !isEarly) found.set(type, data)
    } else if (isNeeded) throw new Error(`has a chunk ${JSON.stringify(type)} that is not known`)
  }
  return {
    header: header!,
    palette: found.get('PLTE'),
    transparency: found.get('tRNS'),
    exif: found.get('eXIf'),
    pixels,
  }
}

/** The samples as they are stored: palette indices, or values of the header's depth. */
async function readSamples({ header, pixels }: Chunks): Promise<Uint8Array | Uint16Array> {
  const { width, height, depth, samples, interlaced } = header
  const passes = passesOf(width, height, interlaced)
  const rowBytes = (columns: number): number => Math.ceil((columns * samples * depth) / 8)
  const data = await inflate(
    pixels,
    passes.reduce((sum, pass) => sum + (rowBytes(pass.width) + 1) * pass.height, 0),
  )
  const out = samplesOf(depth, width * height * samples)
  const line = samplesOf(depth, width * samples)
  let start = 0
  for (const pass of passes) {
    const bytes = rowBytes(pass.width)
    unfilter(data, start, bytes, pass.height, Math.max(1, (depth * samples) >> 3))
    for (let row = 0; row < pass.height; row++) {
      const into = (pass.y + row * pass.dy) * width * samples
      const from = start + row * (bytes + 1) + 1
      if (pass.dx === 1) {
        unpackSamples(data, from, depth, width * samples, out.subarray(into, into + width * samples))
        continue
      }
      unpackSamples(data, from, depth, pass.width * samples, line)
      for (let column = 0; column < pass.width; column++) {
        for (let s = 0; s < samples; s++) {
          out[into + (pass.x + column * pass.dx) * samples + s] = line[column * samples + s]!
        }
      }
    }
    start += (bytes + 1) * pass.height
  }
  return out
}

/** A tRNS chunk, but for one of a length that it cannot have: libpng passes over those. */
const ofLength = (chunk: Uint8Array | undefined, least: number, most: number): Uint8Array | undefined =>
  chunk !== undefined && chunk.length >= least && chunk.length <= most ? chunk : undefined

/** The colours of palette indices: RGB, with alpha where the file names any. */
function applyPalette(chunks: Chunks, indices: Uint8Array | Uint16Array): PixelImage {
  const { palette } = chunks
  const { width, height } = chunks.header
  if (palette === undefined || palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768) {
    throw new Error('has no palette, or a damaged one')
  }
  const colours = palette.length / 3
  const transparency = ofLength(chunks.transparency, 1, colours)
  const channels = transparency === undefined ? 3 : 4
  const data = new Uint8Array(indices.length * channels)
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!
    if (index >= colours) throw new Error(`has a pixel of colour ${index}, but a palette of ${colours}`)
    for (let c = 0; c < 3; c++) data[i * channels + c] = palette[index * 3 + c]!
    if (transparency !== undefined) data[i * 4 + 3] = transparency[index] ?? 255
  }
  return { width, height, channels, data, maxValue: 255 }
}

/** Grey or RGB with an alpha that is 0 exactly where the pixel has the colour that the file calls transparent. */
function applyTransparentColour(image: PixelImage, key: Uint8Array, scale: number, depth: number): PixelImage {
  const { channels, data, maxValue } = image
  const mask = 2 ** depth - 1
  const colour = Array.from({ length: channels }, (_, c) => (((key[2 * c]! << 8) | key[2 * c + 1]!) & mask) * scale)
  const out = samplesOf(maxValue === 255 ? 8 : 16, (data.length / channels) * (channels + 1))
  for (let i = 0, at = 0; i < data.length; i += channels) {
    let clear = true
    for (let c = 0; c < channels; c++) {
      clear &&= data[i + c] === colour[c]
      out[at++] = data[i + c]!
    }
    out[at++] = clear ? 0 : maxValue
  }
  return { ...image, channels: (channels + 1) as 2 | 4, data: out }
}

/** The pixels of a PNG; every colour type, depth and interlacing (PNG specification, third edition). Of an animation the first. */
export async function decodePNG(bytes: Uint8Array, limits: ImageLimits): Promise<PixelImage> {
  const chunks = readChunks(bytes, limits)
  const { width, height, depth, colourType, samples } = chunks.header
  const stored = await readSamples(chunks)
  const orientation = chunks.exif === undefined ? 1 : exifOrientation(chunks.exif)
  if (colourType === 3) return applyOrientation(applyPalette(chunks, stored), orientation)
  const maxValue = depth === 16 ? 65535 : 255
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1
  if (scale > 1) for (let i = 0; i < stored.length; i++) stored[i]! *= scale
  const image: PixelImage = { width, height, channels: samples, data: stored, maxValue }
  const transparency = samples % 2 === 1 ? ofLength(chunks.transparency, samples * 2, samples * 2) : undefined
  return applyOrientation(
    transparency !== undefined ? applyTransparentColour(image, transparency, scale, depth) : image,
    orientation,
  )
}
