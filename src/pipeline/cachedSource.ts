import type { ImageRecord, ImageSource } from '../data/index.js'
import type { PixelImage } from '../image.js'

/** The same source, with the pixels read last kept in memory up to `bytes`. */
export function cachedSource(source: ImageSource, bytes: number): ImageSource {
  const kept = new Map<string, PixelImage>()
  let held = 0
  return {
    kind: source.kind,
    description: source.description,
    records: source.records,
    ...(source.readBytes === undefined ? {} : { readBytes: (record: ImageRecord) => source.readBytes!(record) }),
    async read(record: ImageRecord): Promise<PixelImage> {
      const found = kept.get(record.id)
      if (found !== undefined) {
        // Put last, so that the image used longest ago is the first to go.
        kept.delete(record.id)
        kept.set(record.id, found)
        return found
      }
      const image = await source.read(record)
      kept.set(record.id, image)
      held += image.data.byteLength
      for (const [id, oldest] of kept) {
        if (held <= bytes || id === record.id) break
        kept.delete(id)
        held -= oldest.data.byteLength
      }
      return image
    },
  }
}
