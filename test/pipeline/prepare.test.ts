import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { syntheticHistology, type ImageRecord, type SplitName } from '../../src/data/index.js'
import { prepareRecords, type PrepareOptions } from '../../src/pipeline/prepare.js'
import { presets } from '../../src/pipeline/presets.js'

const options: PrepareOptions = {
  ...presets.quick,
  split: 'patient',
  magnifications: undefined,
  seed: 1,
  maxImages: undefined,
}

const source = syntheticHistology({ patients: 20, imagesPerPatient: 4, width: 32, height: 32 })

/** The drawn patients as if two ids each were of one accession. */
const withAccessions = {
  ...source,
  records: source.records.map((record): ImageRecord => {
    const number = Number(record.patient.slice(-2))
    return { ...record, accession: `${record.label}-${Math.floor(number / 2)}` }
  }),
}

const namesOf = (records: readonly ImageRecord[], of: 'patient' | 'accession' | 'id'): Set<string> =>
  new Set(records.map((record) => record[of]!))

describe('prepareRecords', () => {
  it.each<[SplitName, 'patient' | 'accession' | 'id']>([
    ['patient', 'patient'],
    ['accession', 'accession'],
    ['image', 'id'],
  ])('divides the validation side as the %s split does, and every image is on one side', (split, of) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
        const {
          learned,
          validation,
          split: sides,
          training,
        } = prepareRecords(withAccessions, { ...options, split, seed })
        expect(sides.train).toHaveLength(learned.length + validation.length)
        expect(learned.length + validation.length + sides.test.length).toBe(80)
        const names = [learned, validation, sides.test].map((records) => namesOf(records, of))
        expect(new Set(names.flatMap((set) => [...set])).size).toBe(names.reduce((sum, { size }) => sum + size, 0))
        for (const side of [learned, validation, sides.test]) {
          expect(namesOf(side, 'id').size).toBe(side.length)
          expect(new Set(side.map(({ label }) => label)).size).toBe(2)
        }
        const known = namesOf(learned, 'id')
        for (const { record } of training) expect(known.has(record.id)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('takes the same test side whether there is a validation side or not', () => {
    const without = prepareRecords(source, { ...options, validationFraction: 0 })
    const { split, learned, validation } = prepareRecords(source, options)
    expect(split.test).toEqual(without.split.test)
    expect(split.train).toEqual(without.learned)
    expect(without.validation).toEqual([])
    expect(validation.length / (learned.length + validation.length)).toBeCloseTo(0.2, 0)
  })

  it('limits every side of a rehearsal', () => {
    const { split, learned, validation } = prepareRecords(source, { ...options, maxImages: 2 })
    expect(learned).toHaveLength(5)
    expect(validation).toHaveLength(4)
    expect(split.test).toHaveLength(4)
  })
})
