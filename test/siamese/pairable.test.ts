import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minePairs, mPerClassSampler, type PairRuleOptions } from '../../src/data/index.js'
import { createPairBatches } from '../../src/siamese/index.js'
import { hasPairs, mayLackPairs } from '../../src/siamese/pairable.js'

/** Images of one class and patient each, some of them copies of another. */
const sets = fc
  .record({
    images: fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 3 }), fc.nat({ max: 2 })), {
      minLength: 4,
      maxLength: 14,
    }),
    samePatient: fc.constantFrom('allow' as const, 'forbid' as const, 'require' as const),
    hasPictures: fc.boolean(),
  })
  .map(({ images, samePatient, hasPictures }) => {
    const rules: PairRuleOptions = {
      samePatient,
      groups: images.map(([, patient]) => `p${patient}`),
      ...(hasPictures ? { pictures: images.map(([label, patient, copy]) => `${label}/${patient}/${copy}`) } : {}),
    }
    return { labels: images.map(([label]) => label), rules }
  })
  .filter(({ labels }) => labels.includes(0) && labels.includes(1))

/** As many pairs as mining finds. */
function mined(labels: readonly number[], batch: ArrayLike<number>, rules: PairRuleOptions): number {
  const of = <T>(list: ArrayLike<T>): T[] => Array.from(batch, (image) => list[image]!)
  const { groups, pictures } = rules
  return minePairs(new Float64Array(batch.length ** 2), of(labels), {
    ...rules,
    groups: of(groups!),
    ...(pictures === undefined ? {} : { pictures: of(pictures) }),
  }).a.length
}

describe('whether a batch holds pairs', () => {
  it('is what mining would find', () => {
    fc.assert(
      fc.property(sets, fc.infiniteStream(fc.boolean()), ({ labels, rules }, isIn) => {
        const batch = labels.map((_, i) => i).filter(() => isIn.next().value)
        fc.pre([0, 1].every((label) => batch.some((i) => labels[i] === label)))
        expect(hasPairs(labels, batch, rules)).toBe(mined(labels, batch, rules) > 0)
      }),
      { numRuns: 1000 },
    )
  })

  it('is sure of every batch where it says so', () => {
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 4 }), fc.nat(), ({ labels, rules }, m, seed) => {
        const perClass = Math.min(m, ...[0, 1].map((label) => labels.filter((each) => each === label).length))
        const isPK = rules.samePatient === 'require'
        const sizes = new Map<string, number>()
        labels.forEach((label, i) => {
          const name = `${label}${rules.groups![i]}`
          sizes.set(name, (sizes.get(name) ?? 0) + 1)
        })
        fc.pre(!isPK || Math.min(...sizes.values()) >= 2)
        const sampler = mPerClassSampler(
          labels,
          isPK ? { perClass: 2, perGroup: 2, groups: rules.groups!, seed } : { perClass, seed },
        )
        const isSure = !mayLackPairs(labels, isPK ? 2 : perClass, rules)
        fc.pre(isSure)
        for (const n of [0, 1]) {
          for (const batch of sampler.epoch(n)) expect(mined(labels, batch, rules)).toBeGreaterThan(0)
        }
      }),
    )
  })

  it('draws no batch beforehand where none can lack pairs, however many epochs', () => {
    const labels = Array.from({ length: 2000 }, (_, i) => i % 2)
    const options = { strategy: 'hard', batchSize: 8, samePatient: 'forbid' } as const
    // Names that count how often they are asked for.
    const asked = { names: 0 }
    const counted = (images: number): ArrayLike<number> =>
      new Proxy(
        labels.map((_, i) => (i < 2 * images ? 0 : i)),
        {
          get: (list, key) => {
            if (typeof key === 'string' && key !== 'length') asked.names++
            return Reflect.get(list, key)
          },
        },
      )
    const count = (images: number, epochs: number): number => {
      asked.names = 0
      createPairBatches(labels, { ...options, epochs, groups: counted(images) })
      return asked.names
    }
    // A patient of fewer images of each class than a batch has; then of as many, so that batches have to be looked at.
    expect(count(7, 50)).toBe(count(7, 1))
    expect(count(8, 50)).toBeGreaterThan(count(8, 1))
  })
})
