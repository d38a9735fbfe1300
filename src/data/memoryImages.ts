import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { entryRecords, type EntryOptions, type ImageEntry } from './imageList.js'
import { recordSource } from './recordSource.js'
import type { ImageSource } from './source.js'

/** What {@link imagesInMemory} takes. */
export interface InMemoryOptions extends EntryOptions {
  /** One line for people, which reports name; default `N images in memory`. */
  readonly description?: string
}

/** What {@link imagesFromTensors} takes. */
export interface TensorImagesOptions extends InMemoryOptions {
  /** The tensors' value of white: 1 for values in [0, 1], 255 or 65535 for integers. Never guessed from the values. */
  readonly maxValue: 1 | 255 | 65535
  /** Bits that values in [0, 1] are kept in; default 16, which loses nothing of images that had 8 or 16. Integers keep their own. */
  readonly depth?: 8 | 16
}

const named = (entries: readonly ImageEntry[]): ImageEntry[] =>
  entries.map((entry, i) =>
    entry?.id === undefined && entry?.path === undefined ? { ...entry, id: `image-${i + 1}` } : entry,
  )

/** Why an object is no image, or undefined. */
function problemOf({ width, height, channels, data, maxValue }: PixelImage): string | undefined {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    return `is of ${width}x${height} pixels`
  }
  if (![1, 2, 3, 4].includes(channels)) return `has ${channels} channels, not 1 to 4`
  if (maxValue !== 255 && maxValue !== 65535) return `has maxValue ${String(maxValue)}, not 255 or 65535`
  const fits = maxValue === 255 ? data instanceof Uint8Array : data instanceof Uint16Array
  if (!fits) return `has maxValue ${maxValue} but no data of type ${maxValue === 255 ? 'Uint8Array' : 'Uint16Array'}`
  const values = width * height * channels
  return data.length === values ? undefined : `holds ${data.length} values, not ${width}x${height}x${channels}`
}

/**
 * An image source over images that are in memory already, one entry each. The images are borrowed, not copied: `read` hands
 * out the very objects, which must not change while the source is used. Entries without id and path are numbered (`image-1`).
 *
 * @throws ArgumentError when there are not as many entries as images; DataError naming the row: an image whose data do not fit
 *   its size, channels or depth, or an entry that {@link imageList} refuses.
 */
export function imagesInMemory(
  images: readonly PixelImage[],
  entries: readonly ImageEntry[],
  { description, ...checks }: InMemoryOptions = {},
): ImageSource {
  if (entries.length !== images.length) {
    throw new ArgumentError('entries', `hold one entry for each of the ${images.length} images`, entries.length)
  }
  const records = entryRecords(named(entries), checks)
  const { source = 'entries', rowName = (index: number) => `row ${index + 1}` } = checks
  images.forEach((image, i) => {
    const problem = problemOf(image)
    if (problem !== undefined) throw new DataError(source, `${rowName(i)}: the image ${problem}`)
  })
  return recordSource(
    records.map((record, i) => ({ record, from: images[i]! })),
    { kind: 'custom', description: description ?? `${images.length} images in memory`, read: (image) => image },
  )
}

type Channels = PixelImage['channels']

/** The pixels of values; `name` stands in errors. */
function pixels(
  values: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, Channels],
  maxValue: 1 | 255 | 65535,
  depth: 8 | 16,
  name: string,
): PixelImage {
  const white = maxValue === 1 ? (depth === 8 ? 255 : 65535) : maxValue
  const factor = white / maxValue
  const data = white === 255 ? new Uint8Array(values.length) : new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value >= 0 && value <= maxValue) || (maxValue !== 1 && !Number.isInteger(value))) {
      throw new DataError(name, `holds ${value}, ${maxValue === 1 ? 'outside' : 'no integer of'} [0, ${maxValue}]`)
    }
    data[i] = Math.round(value * factor)
  }
  return { width, height, channels, data, maxValue: white }
}

const channelsOf = (channels: number): channels is Channels => channels >= 1 && channels <= 4

/**
 * An image source over tensors: one `[n, height, width, channels]`, or one `[height, width, channels]` an image, of 1 (grey),
 * 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels, float32 or int32. Their values are copied out once, rounded to the
 * nearest of 8 or 16 bits; the tensors are borrowed, so the caller disposes them, before the source is used if need be. Entries without id and
 * path are numbered (`image-1`).
 *
 * @throws ArgumentError for another shape, a missing `maxValue`, or when there are not as many entries as images
 * @throws DataError naming the image: a value that is NaN, outside [0, maxValue], or no integer where `maxValue` is 255 or
 *   65535; or an entry that {@link imageList} refuses
 */
export async function imagesFromTensors(
  tensors: Tensor4D | readonly Tensor3D[],
  entries: readonly ImageEntry[],
  { maxValue, depth = 16, description, ...checks }: TensorImagesOptions,
): Promise<ImageSource> {
  if (maxValue !== 1 && maxValue !== 255 && maxValue !== 65535) {
    throw new ArgumentError('options.maxValue', 'be 1, 255 or 65535', maxValue)
  }
  if (depth !== 8 && depth !== 16) throw new ArgumentError('options.depth', 'be 8 or 16', depth)
  const shapes = 'shape' in tensors ? [tensors.shape.slice(1)] : tensors.map(({ shape }) => shape)
  const wrong = shapes.find((shape) => shape.length !== 3 || shape.includes(0) || !channelsOf(shape[2]!))
  if (wrong !== undefined) {
    throw new ArgumentError(
      'tensors',
      'be [n, height, width, 1 to 4], or a list of [height, width, 1 to 4]',
      'shape' in tensors ? tensors.shape : [...wrong],
    )
  }
  const count = 'shape' in tensors ? tensors.shape[0] : tensors.length
  if (entries.length !== count) {
    throw new ArgumentError('entries', `hold one entry for each of the ${count} images`, entries.length)
  }
  // Checked before anything is copied out of the backend.
  const records = entryRecords(named(entries), checks)
  const shapeAt = (i: number): [number, number, Channels] =>
    shapes['shape' in tensors ? 0 : i] as [number, number, Channels]
  const images: PixelImage[] = []
  if ('shape' in tensors) {
    const values = await tensors.data()
    const size = values.length / count
    for (const [i, { id }] of records.entries()) {
      images.push(pixels(values.subarray(i * size, (i + 1) * size), shapeAt(i), maxValue, depth, id))
    }
  } else {
    for (const [i, { id }] of records.entries()) {
      images.push(pixels(await tensors[i]!.data(), shapeAt(i), maxValue, depth, id))
    }
  }
  return imagesInMemory(images, entries, { ...checks, description: description ?? `${count} images in memory` })
}
