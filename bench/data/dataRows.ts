/** What is done to images of `width` x `height`, `count` of them in one repetition. */
export interface ImagesSpec {
  readonly kind: 'decode-png' | 'decode-jpeg' | 'stream' | 'train' | 'augment' | 'bicubic' | 'signature' | 'draw'
  readonly count: number
  readonly width: number
  readonly height: number
}

/** What is done with `count` records. */
export interface RecordsSpec {
  readonly kind:
    | 'split-image'
    | 'split-patient'
    | 'k-fold'
    | 'audit'
    | 'duplicates'
    | 'pairs'
    | 'triplets'
    | 'm-per-class'
  readonly count: number
}

/** What a row of the data measures. */
export type DataSpec = ImagesSpec | RecordsSpec

/** One line of the tables of images and of records. */
export interface DataRow {
  readonly name: string
  readonly data: DataSpec
  /** What is counted. */
  readonly unit: 'images' | 'records'
  /** Whether it computes on a tfjs backend. */
  readonly usesBackend: boolean
  /** Whether more threads can help: otherwise it is measured with one. */
  readonly usesThreads: boolean
}

/** Images of BreaKHis' size. */
const images = (
  kind: ImagesSpec['kind'],
  count: number,
  { usesBackend = false, usesThreads = false } = {},
): DataRow => ({
  name: `data-${kind}`,
  data: { kind, count, width: 700, height: 460 },
  unit: 'images',
  usesBackend,
  usesThreads,
})

/** The work at 10^3 to 10^6 records. */
const records = (kind: RecordsSpec['kind']): DataRow[] =>
  [3, 4, 5, 6].map((power) => ({
    name: `data-${kind}-1e${power}`,
    data: { kind, count: 10 ** power },
    unit: 'records',
    usesBackend: false,
    usesThreads: false,
  }))

/** The rows of images, then those of records. */
export const dataRows: readonly DataRow[] = [
  images('decode-png', 8, { usesThreads: true }),
  images('decode-jpeg', 8, { usesThreads: true }),
  images('stream', 48, { usesBackend: true, usesThreads: true }),
  images('train', 48, { usesBackend: true, usesThreads: true }),
  images('augment', 1, { usesBackend: true, usesThreads: true }),
  images('bicubic', 1),
  images('signature', 1),
  images('draw', 1),
  ...records('split-image'),
  ...records('split-patient'),
  ...records('k-fold'),
  ...records('audit'),
  ...records('duplicates'),
  ...records('pairs'),
  ...records('triplets'),
  ...records('m-per-class'),
]
