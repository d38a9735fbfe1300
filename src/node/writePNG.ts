import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflate } from 'node:zlib'
import { ArgumentError, DataError, requireInteger } from '../errors.js'
import type { PixelImage } from '../image.js'
import { messageOf } from './files.js'

/** What of an image is known before its pixels. */
export type ImageHeader = Omit<PixelImage, 'data'>

/** PNG's colour types by channels: grey, grey + alpha, RGB, RGB + alpha. */
const colourTypes = [0, 4, 2, 6]

/** The longest side that PNG's header holds. */
const maxSide = 2 ** 31 - 1

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 12)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(type, 4, 'latin1')
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8)
  return bytes
}

/** The samples of a row as PNG's bytes: 16 bits with the high one first. */
function rowBytes({ width, channels, data, maxValue }: PixelImage, y: number): Uint8Array {
  const row = data.subarray(y * width * channels, (y + 1) * width * channels)
  if (maxValue === 255) return row as Uint8Array
  const bytes = new Uint8Array(row.length * 2)
  for (let i = 0; i < row.length; i++) {
    bytes[2 * i] = row[i]! >> 8
    bytes[2 * i + 1] = row[i]! & 255
  }
  return bytes
}

/** The row after PNG's filter 4, Paeth: the difference to that of left, above and above left which fits best. */
function paeth(row: Uint8Array, above: Uint8Array, step: number, filtered: Uint8Array): void {
  filtered[0] = 4
  for (let i = 0; i < row.length; i++) {
    const a = i < step ? 0 : row[i - step]!
    const b = above[i]!
    const c = i < step ? 0 : above[i - step]!
    const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
    filtered[i + 1] = row[i]! - (pa <= pb && pa <= pc ? a : pb <= pc ? b : c)
  }
}

/** The filtered rows of all bands; throws where the bands are not those of the header. */
async function* filteredRows(
  { width, height, channels, maxValue }: ImageHeader,
  bands: AsyncIterable<{ readonly image: PixelImage }>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const step = channels * (maxValue === 255 ? 1 : 2)
  let above: Uint8Array = new Uint8Array(width * step)
  let rows = 0
  for await (const { image } of bands) {
    const fits = image.width === width && image.channels === channels && image.maxValue === maxValue
    if (!fits || image.data.length !== width * image.height * channels || rows + image.height > height) {
      const received = `${image.width}x${image.height}x${image.channels} after ${rows} rows`
      throw new ArgumentError('bands', `be whole rows of ${width}x${height}x${channels}`, received)
    }
    const filtered = new Uint8Array(image.height * (width * step + 1))
    for (let y = 0; y < image.height; y++) {
      const row = rowBytes(image, y)
      paeth(row, above, step, filtered.subarray(y * (width * step + 1)))
      above = row
    }
    // The caller may put the next band where this one was.
    above = above.slice()
    rows += image.height
    yield filtered
  }
  if (rows !== height) throw new ArgumentError('bands', `have ${height} rows in all`, rows)
}

/** The file around the compressed rows. */
async function* chunks(
  { width, height, channels, maxValue }: ImageHeader,
  compressed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = maxValue === 255 ? 8 : 16
  header[9] = colourTypes[channels - 1]!
  yield Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  yield chunk('IHDR', header)
  for await (const data of compressed) yield chunk('IDAT', data)
  yield chunk('IEND', new Uint8Array(0))
}

/**
 * Writes a PNG from bands of whole rows as they come, for example those of `upscaleBands`: neither the picture nor the file is ever
 * held, whatever its size. 8 and 16 bits, all channels. A band is read before the next one is asked for. A failure, in the bands too, leaves no partial file. Missing folders are made.
 *
 * @throws ArgumentError where a band does not fit the header, or rows are missing; DataError where the file cannot be written; what
 *   the bands throw.
 */
export async function writePNG(
  path: string,
  header: ImageHeader,
  bands: AsyncIterable<{ readonly image: PixelImage }>,
): Promise<void> {
  for (const side of ['width', 'height'] as const) {
    requireInteger(`header.${side}`, header[side], 1)
    if (header[side] > maxSide) throw new ArgumentError(`header.${side}`, `be at most ${maxSide}`, header[side])
  }
  const temporary = `${path}.${randomUUID()}.tmp`
  let failure: { readonly error: unknown } | undefined
  /** Remembers what went wrong in the bands, which is no fault of the file's. */
  async function* rows(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* filteredRows(header, bands)
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = createWriteStream(temporary, { flags: 'wx' })
    await pipeline(rows, createDeflate(), (compressed) => chunks(header, compressed as AsyncIterable<Buffer>), file)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    if (failure !== undefined) throw failure.error
    throw new DataError(path, `cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
