import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { samplePairs } from '../../src/data/index.js'

describe('samplePairs', () => {
  it('keeps the rules: balanced, no image with itself, no pair twice, at most count', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 3 })), {
          minLength: 0,
          maxLength: 14,
        }),
        fc.constantFrom('allow', 'forbid', 'require' as const),
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 0, max: 99 }),
        (drawn, samePatient, count, seed) => {
          // Two patients of each class, the first with two images.
          const rows = [
            [0, 10],
            [0, 10],
            [0, 11],
            [1, 20],
            [1, 20],
            [1, 21],
            ...drawn.map(([l, g]) => [l, 10 * (l + 1) + g]),
          ]
          const labels = rows.map(([label]) => label!)
          const groups = rows.map(([, group]) => group!)
          const { a, b, isSimilar } = samplePairs(labels, { count, seed, groups, samePatient })
          const similar = isSimilar.reduce((sum, each) => sum + each, 0)
          expect(2 * similar).toBe(a.length)
          const pairs = Array.from(a, (i, k) => [Math.min(i, b[k]!), Math.max(i, b[k]!)].join())
          expect(new Set(pairs).size).toBe(a.length)
          const allowed = [0, 0]
          for (let i = 0; i < rows.length; i++) {
            for (let j = i + 1; j < rows.length; j++) {
              const same = labels[i] === labels[j]
              const patient = groups[i] === groups[j]
              if (samePatient === 'forbid' ? patient : samePatient === 'require' && same && !patient) continue
              allowed[same ? 1 : 0]!++
            }
          }
          // As many as there are, up to count: found also where nearly all are taken.
          expect(similar).toBe(Math.min(Math.floor(count / 2), ...allowed))
          a.forEach((i, k) => {
            const j = b[k]!
            expect(i).not.toBe(j)
            expect(isSimilar[k]).toBe(labels[i] === labels[j] ? 1 : 0)
            if (samePatient === 'forbid') expect(groups[i]).not.toBe(groups[j])
            if (samePatient === 'require' && isSimilar[k] === 1) expect(groups[i]).toBe(groups[j])
          })
        },
      ),
      { seed: 3, numRuns: 150 },
    )
  })

  it('draws each allowed pair as often, by the seed alone', () => {
    const labels = [0, 0, 0, 1, 1]
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 600; seed++) {
      const { a, b } = samplePairs(labels, { count: 2, seed })
      a.forEach((i, k) => counts.set(`${i}-${b[k]}`, (counts.get(`${i}-${b[k]}`) ?? 0) + 1))
    }
    // 4 similar and 6 dissimilar pairs; five deviations of the binomial counts.
    expect(counts.size).toBe(10)
    for (const [pair, n] of counts) {
      const share = labels[Number(pair[0])] === labels[Number(pair[2])] ? 1 / 4 : 1 / 6
      expect(Math.abs(n - 600 * share)).toBeLessThan(5 * Math.sqrt(600 * share * (1 - share)))
    }
    expect(samplePairs(labels, { count: 6, seed: 1 })).toEqual(samplePairs(labels, { count: 6, seed: 1 }))
    expect(samplePairs(labels, { count: 6, seed: 1 })).not.toEqual(samplePairs(labels, { count: 6, seed: 2 }))
  })

  it('finds the one pair that the rules allow among many images', () => {
    const labels = Array.from({ length: 300 }, (_, i) => i % 2)
    const groups = labels.map((_, i) => (i === 298 ? 200 : i))
    const { a, b, isSimilar } = samplePairs(labels, { count: 10, groups, samePatient: 'require' })
    expect([a.length, isSimilar[0]]).toEqual([2, 1])
    expect([a[0], b[0]]).toEqual([200, 298])
  })

  it('gives all pairs that there are where more are asked for, at once', () => {
    const { a } = samplePairs([0, 0, 1, 1, 0, 1], { count: 2e9 })
    expect(a.length).toBe(12)
  })

  it('refuses labels and options that allow no pairs', () => {
    expect(() => samplePairs([0, 1], { count: 4 })).toThrow("allow a pair of one class (samePatient 'allow')")
    expect(() => samplePairs([0, 0], { count: 4 })).toThrow('allow a pair of two classes')
    expect(() => samplePairs([], { count: 4 })).toThrow('labels')
    expect(() => samplePairs([0, 0, 1], { count: 1 })).toThrow('options.count')
    expect(() => samplePairs([0, 0, 1], { count: 2, samePatient: 'forbid' })).toThrow('options.groups')
  })
})
