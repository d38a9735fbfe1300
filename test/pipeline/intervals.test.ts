import { describe, expect, it } from 'vitest'
import { samplePairs } from '../../src/data/index.js'
import { intervalByPatient } from '../../src/pipeline/intervalByPatient.js'
import { pairInterval } from '../../src/pipeline/pairInterval.js'
import { createRandom } from '../../src/random.js'

describe('intervalByPatient', () => {
  it('says how many resamples had no value', () => {
    const labels = [0, 0, 0, 1, 1, 1]
    const patients = labels.map((_, i) => `p${i}`)
    // The share of a class, where both are there.
    const ofBoth = (rows: Int32Array): number => {
      const drawn = Array.from(rows, (i) => labels[i]!)
      return drawn.includes(0) && drawn.includes(1) ? drawn.reduce((sum, label) => sum + label, 0) / drawn.length : NaN
    }
    const { method } = intervalByPatient(patients, ofBoth, 1)!
    const [, left] = /^bootstrap by patient, 2000 resamples \((\d+) without a value left out\), percentiles$/.exec(
      method,
    )!
    // 2 of 2^6 draws hold one class: 62.5 of 2000.
    expect(Number(left)).toBeGreaterThan(30)
    expect(Number(left)).toBeLessThan(100)
    const always = intervalByPatient(patients, (rows) => rows[0]!, 1)!
    expect(always.method).toBe('bootstrap by patient, 2000 resamples, percentiles')
  })

  it('is null for one patient, and for what is the same in all resamples', () => {
    expect(intervalByPatient(['a', 'a'], (rows) => rows[0]!, 1)).toBeNull()
    expect(intervalByPatient(['a', 'b'], () => 1, 1)).toBeNull()
    expect(intervalByPatient(['a', 'b'], () => NaN, 1)).toBeNull()
  })
})

describe('pairInterval', () => {
  const patients = Array.from({ length: 24 }, (_, i) => `p${Math.floor(i / 2)}`)
  const labels = patients.map((_, i) => Math.floor(i / 2) % 2)
  const pairs = samplePairs(labels, { count: 2000, seed: 1 })

  it('knows that the second image of a pair is of a patient, too', () => {
    // All answers hang on the patient of the second image.
    const isRight = Array.from(pairs.b, (j) => (Math.floor(j / 2) % 4 < 2 ? 1 : 0))
    const share = isRight.reduce<number>((sum, right) => sum + right, 0) / isRight.length
    const { low, high, level } = pairInterval(patients, pairs, isRight, 1)!
    expect(level).toBe(0.95)
    expect(low).toBeLessThan(share)
    expect(high).toBeGreaterThan(share)
    const first = Array.from(pairs.a, (i) => patients[i]!)
    const byFirst = intervalByPatient(first, (rows) => rows.reduce((sum, k) => sum + isRight[k]!, 0) / rows.length, 1)!
    expect(high - low).toBeGreaterThan(1.5 * (byFirst.high - byFirst.low))
  })

  it('holds the true share about as often as it says', () => {
    // An answer is right where the marks of both patients agree, which lots decide: half of those about two patients are, and all
    // about one.
    const isWithin = Array.from(pairs.a, (i, k) => patients[i] === patients[pairs.b[k]!])
    const truth = isWithin.reduce((sum, within) => sum + (within ? 1 : 0.5), 0) / isWithin.length
    const studies = 60
    const held = Array.from({ length: studies }, (_, study) => {
      const lots = createRandom(study, 'marks')
      const marks = patients.map(() => lots.integer(2))
      const mark = (i: number): number => marks[Math.floor(i / 2)]!
      const isRight = Array.from(pairs.a, (i, k) => Number(mark(i) === mark(pairs.b[k]!)))
      const interval = pairInterval(patients, pairs, isRight, study)
      return interval !== null && interval.low <= truth && interval.high >= truth
    }).filter(Boolean)
    expect(held.length / studies).toBeGreaterThan(0.85)
  })
})
