import {
  cachedSource,
  checkImages,
  imageSignature,
  type CachedSource,
  type ImageRecord,
  type ImageSignature,
  type ImageSource,
  type SkippedImage,
} from '../data/index.js'
import { DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { trackProgress } from '../training/index.js'
import type { PipelineOptions } from './options.js'
import type { RunContext } from './runContext.js'

/** The images of a run, each read once. */
export interface ReadImages {
  /** Those that can be read, decoded when they are asked for. */
  readonly source: ImageSource
  /** What tells each of them from other pictures of the same name, by id. */
  readonly hashes: ReadonlyMap<string, string>
  /** The decoded ones that are kept. */
  readonly originals: CachedSource
  /** Those that cannot be read. */
  readonly skipped: readonly SkippedImage[]
  /** What the audit needs to know of every picture. */
  readonly signatures: readonly ImageSignature[]
}

/** An image that training patches fit into. */
async function readLargeEnough(source: ImageSource, record: ImageRecord, patch: number): Promise<PixelImage> {
  const image = await source.read(record)
  if (image.width < patch || image.height < patch) {
    throw new DataError(
      record.id,
      `${image.width}x${image.height} pixels are too few for the ${patch}x${patch} patches`,
    )
  }
  return image
}

/** Reads every image of the magnifications once. */
export async function readImages(
  { data, magnifications, onCorrupt = 'stop' }: PipelineOptions,
  cacheBytes: number,
  { settings, meter, onProgress, signal }: RunContext,
): Promise<ReadImages> {
  const largestPatch = Math.max(settings.esrgan.psnrPatch, settings.esrgan.ganPatch)
  const wanted: ImageSource = {
    kind: data.kind,
    description: data.description,
    records: data.records.filter(
      ({ magnification }) =>
        magnifications === undefined || (magnification !== undefined && magnifications.includes(magnification)),
    ),
    read: (record) => meter.work(() => readLargeEnough(data, record, largestPatch)),
    ...(data.readBytes === undefined ? {} : { readBytes: (record) => data.readBytes!(record) }),
  }
  const originals = cachedSource(wanted, { bytes: cacheBytes })
  const signatures: ImageSignature[] = []
  const report = trackProgress('read', wanted.records.length, onProgress)
  const { source, skipped } = await checkImages(originals, {
    // Every image is at hand here once: what the audit needs of it is taken now.
    inspect: async ({ id }, image) => void signatures.push(await imageSignature(id, image)),
    onCorrupt: onCorrupt === 'skip' ? 'skip' : 'throw',
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ done }) => report(done),
  })
  return { source, hashes: new Map(signatures.map(({ id, pixels }) => [id, pixels])), originals, skipped, signatures }
}
