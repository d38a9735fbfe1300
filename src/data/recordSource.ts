import { DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import type { ImageRecord, ImageSource } from './source.js'

/** A record and what its pixels are read from: a path, a `File`, an index. */
export interface ListedRecord<From> {
  /** The record. */
  readonly record: ImageRecord
  /** What it is read from. */
  readonly from: From
}

/** What {@link recordSource} takes. */
export interface RecordSourceOptions<From> {
  /** Where the images come from. */
  readonly kind: ImageSource['kind']
  /** One line for people. */
  readonly description: string
  /** Decodes one image. */
  readonly read: (from: From, record: ImageRecord) => PixelImage | Promise<PixelImage>
  /** The stored bytes of one image, where it is a file. */
  readonly readBytes?: (from: From, record: ImageRecord) => Uint8Array | Promise<Uint8Array>
}

/**
 * An image source over a list of records and what each is read from, in the order of the list. Records are found again
 * by their id; those of another source are refused with a `DataError`.
 */
export function recordSource<From>(
  items: readonly ListedRecord<From>[],
  { kind, description, read, readBytes }: RecordSourceOptions<From>,
): ImageSource {
  const known = new Map(items.map((item) => [item.record.id, item]))
  const find = ({ id }: ImageRecord): ListedRecord<From> => {
    const item = known.get(id)
    if (item === undefined) throw new DataError(id, `is not an image of ${description}`)
    return item
  }
  return {
    kind,
    description,
    records: items.map(({ record }) => record),
    read: async (record) => {
      const item = find(record)
      return read(item.from, item.record)
    },
    ...(readBytes === undefined
      ? {}
      : {
          readBytes: async (record: ImageRecord) => {
            const item = find(record)
            return readBytes(item.from, item.record)
          },
        }),
  }
}
