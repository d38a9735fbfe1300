import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  minePairs,
  mineTriplets,
  mPerClassSampler,
  pairSampler,
  pairsInBatch,
  tripletSampler,
  tripletsInBatch,
  type TripletBatch,
} from '../../src/data/index.js'

interface Images {
  labels: number[]
  groups: string[]
  pictures: string[]
  samePatient: 'allow' | 'forbid' | 'require'
}
interface SamplerCase extends Images {
  seed: number
  epoch: number
  pairs: string
  triplets: string
  mPerClass: { perClass: number; classesPerBatch: number; perGroup: number | null; digest: string; batches: number }[]
}
interface BatchCase extends Images {
  margin: number
  distances: number[]
  pairs: number[][]
  all: number[][]
  hard: number[][]
  'semi-hard': number[][]
  'semi-hard pairs': number[][]
}
const reference = JSON.parse(readFileSync(new URL('../reference/data_pairs.json', import.meta.url), 'utf8')) as {
  samplers: SamplerCase[]
  batches: BatchCase[]
}

/** SHA-256 of the numbers as little-endian int32. */
const digest = (rows: number[][]): string => {
  const numbers = rows.flat()
  const bytes = new DataView(new ArrayBuffer(4 * numbers.length))
  numbers.forEach((value, k) => bytes.setInt32(4 * k, value, true))
  return createHash('sha256').update(bytes).digest('hex')
}
const tripletRows = ({ anchor, positive, negative }: TripletBatch): number[][] =>
  Array.from(anchor, (a, k) => [a, positive[k]!, negative[k]!])
const pairRows = ({ a, b, isSimilar }: { a: Int32Array; b: Int32Array; isSimilar: Uint8Array }): number[][] =>
  Array.from(a, (i, k) => [i, b[k]!, isSimilar[k]!])
const anchorsOf = (rows: number[][]): number => new Set(rows.map(([a]) => a)).size

describe('samplers, beside a brute-force implementation in Python', () => {
  it.each(reference.samplers)('draw the same: samePatient $samePatient, seed $seed', (given) => {
    const { labels, groups, pictures, samePatient, seed, epoch } = given
    const rules = { groups, pictures, samePatient, seed }
    const pairs = [...pairSampler(labels, { ...rules, batchSize: 9 }).epoch(epoch)]
    expect(digest(pairs.flatMap(pairRows))).toBe(given.pairs)
    const triplets = [...tripletSampler(labels, { ...rules, batchSize: 7 }).epoch(epoch)]
    expect(digest(triplets.flatMap(tripletRows))).toBe(given.triplets)
    for (const { perClass, classesPerBatch, perGroup, ...expected } of given.mPerClass) {
      const sampler = mPerClassSampler(labels, {
        perClass,
        classesPerBatch,
        seed,
        ...(perGroup === null ? {} : { groups, perGroup }),
      })
      const batches = Array.from(sampler.epoch(epoch), (batch) => [...batch])
      expect({ digest: digest(batches), batches: sampler.batchesPerEpoch }).toEqual(expected)
    }
  })
})

describe('miners, beside brute force in numpy', () => {
  it.each(reference.batches)('choose the same: samePatient $samePatient, margin $margin', (given) => {
    const { labels, distances, margin, groups, pictures, samePatient } = given
    const rules = { groups, pictures, samePatient }
    const n = labels.length
    expect(pairRows(pairsInBatch(labels, rules))).toEqual(given.pairs)
    expect(pairsInBatch(labels, rules).skipped).toBe(n - new Set(given.pairs.flatMap(([i, j]) => [i, j])).size)
    expect(tripletRows(tripletsInBatch(labels, rules))).toEqual(given.all)
    expect(given.all.length).toBeGreaterThan(0)
    for (const strategy of ['all', 'hard', 'semi-hard'] as const) {
      const mined = mineTriplets(Float64Array.from(distances), labels, { ...rules, strategy, margin })
      expect(tripletRows(mined)).toEqual(given[strategy])
      expect(mined.skipped).toBe(n - anchorsOf(given[strategy]))
    }
    for (const [strategy, chosen] of [
      ['hard', given.hard],
      ['semi-hard', given['semi-hard pairs']],
    ] as const) {
      const mined = minePairs(distances, labels, { ...rules, strategy, margin })
      expect(pairRows(mined)).toEqual(
        chosen.flatMap(([a, p, q]) => [
          [a, p, 1],
          [a, q, 0],
        ]),
      )
      expect(mined.skipped).toBe(n - chosen.length)
    }
  })
})
