import { auditRecords, type DataAudit } from './auditRecords.js'
import { checkImages, type CheckOptions } from './check.js'
import { imageSignature, type ImageSignature } from './imageSignature.js'
import { sha256, toHex } from './sha256.js'
import { orAborted } from './pool.js'
import type { ImageRecord, ImageSource } from './source.js'
import type { Split } from './splits.js'

/** What {@link auditImages} takes. */
export interface AuditImagesOptions extends Omit<CheckOptions, 'inspect'> {
  /** The split to audit, or how to make one of the images that can be read; default none. */
  readonly split?: Pick<Split, 'kind' | 'train' | 'test'> | ((records: readonly ImageRecord[]) => Split)
}

/**
 * Adds the hashes of the stored files to those signatures whose pixels are identical: identical files are among them, so
 * that no others need be read again.
 */
export async function withFileHashes(
  source: ImageSource,
  signatures: readonly ImageSignature[],
): Promise<readonly ImageSignature[]> {
  if (source.readBytes === undefined) return signatures
  const times = new Map<string, number>()
  for (const { pixels } of signatures) times.set(pixels, (times.get(pixels) ?? 0) + 1)
  const repeated = new Set(signatures.filter(({ pixels }) => times.get(pixels)! > 1).map(({ id }) => id))
  const hashes = new Map<string, string>()
  for (const record of source.records) {
    if (repeated.has(record.id)) hashes.set(record.id, toHex(await sha256(await source.readBytes(record))))
  }
  return signatures.map((signature) => {
    const bytes = hashes.get(signature.id)
    return bytes === undefined ? signature : { ...signature, bytes }
  })
}

/**
 * Reads every image of the source once and audits the whole set: Table I, colliding names, and every picture that is
 * there twice; with a split, also what stands on both of its sides. A few images are decoded at a time, and about 1.3 KB of each
 * is kept.
 *
 * @throws DataError naming an image that cannot be read (`onCorrupt: 'throw'`), or where none can; the signal's reason.
 */
export async function auditImages(
  source: ImageSource,
  { split, ...options }: AuditImagesOptions = {},
): Promise<DataAudit> {
  const signatures: ImageSignature[] = []
  const { source: readable, skipped } = await checkImages(source, {
    ...options,
    inspect: async ({ id }, image) => void signatures.push(await imageSignature(id, image)),
  })
  const chosen = typeof split === 'function' ? split(readable.records) : split
  return auditRecords(readable.records, {
    ...(chosen === undefined ? {} : { split: chosen }),
    signatures: await orAborted(withFileHashes(readable, signatures), options.signal),
    unreadable: skipped.map(({ record, problem }) => ({ image: record.id, problem })),
  })
}
