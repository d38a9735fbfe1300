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

/** What is computed of `count` labels and scores. */
export interface ScoresSpec {
  readonly kind: 'auc' | 'roc-curve' | 'average-precision' | 'delong' | 'delong-test'
  readonly count: number
}

/** What a row of the data measures. */
export type DataSpec = ImagesSpec | RecordsSpec | ScoresSpec

/** One line of the tables of images, records and scores. */
export interface DataRow {
  readonly name: string
  readonly data: DataSpec
  /** What is counted. */
  readonly unit: 'images' | 'records' | 'scores'
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

/** The work at 10^3 to 10^6 records or scores. */
const powers = (
  prefix: string,
  unit: 'records' | 'scores',
  kind: RecordsSpec['kind'] | ScoresSpec['kind'],
): DataRow[] =>
  [3, 4, 5, 6].map((power) => ({
    name: `${prefix}-${kind}-1e${power}`,
    data: { kind, count: 10 ** power },
    unit,
    usesBackend: false,
    usesThreads: false,
  }))
const records = (kind: RecordsSpec['kind']): DataRow[] => powers('data', 'records', kind)
const scores = (kind: ScoresSpec['kind']): DataRow[] => powers('metrics', 'scores', kind)

/** The rows of images, then those of records, then those of scores. */
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
  ...scores('auc'),
  ...scores('roc-curve'),
  ...scores('average-precision'),
  ...scores('delong'),
  ...scores('delong-test'),
]
