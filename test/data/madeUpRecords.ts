import fc from 'fast-check'
import type { ImageRecord, Label } from '../../src/data/index.js'

/** Benign and malignant images of one group. */
export type Counts = readonly [benign: number, malignant: number]

/** Records of made-up patients, `counts[p]` images of each class for patient `p<p>`; two ids share an accession. */
export function recordsOf(counts: readonly Counts[]): ImageRecord[] {
  return counts.flatMap(([benign, malignant], p) =>
    Array.from({ length: benign + malignant }, (_, i) => ({
      id: `${p}-${i}`,
      label: i < benign ? ('benign' as const) : ('malignant' as const),
      patient: `p${p}`,
      magnification: ([40, 100, 200, 400] as const)[(i * 7 + p) % 4]!,
      accession: `a${p >> 1}`,
    })),
  )
}

/** How many records are of the class. */
export const countOf = (records: readonly ImageRecord[], label: Label): number =>
  records.filter((record) => record.label === label).length

/** Groups of every kind: of one class, of both, nearly of one, giants among dwarfs. */
export const groupCounts: fc.Arbitrary<Counts[]> = fc
  .uniqueArray(
    fc.constantFrom<fc.Arbitrary<Counts>>(
      fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constant(0)),
      fc.tuple(fc.constant(0), fc.integer({ min: 1, max: 12 })),
      fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 12 })),
      fc.tuple(fc.integer({ min: 100, max: 150 }), fc.nat({ max: 2 })),
      fc.tuple(fc.nat({ max: 2 }), fc.constant(200)),
      fc.tuple(fc.constant(1), fc.nat({ max: 40 })),
      fc.constantFrom<Counts>([1, 0], [0, 1]),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .chain((kinds) => fc.array(fc.oneof(...kinds), { minLength: 2, maxLength: 24 }))

/** In how many groups each class is. */
export const holders = (counts: readonly Counts[]): number[] =>
  [0, 1].map((c) => counts.filter((count) => count[c]! > 0).length)
