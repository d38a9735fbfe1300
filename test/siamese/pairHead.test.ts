import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { OneClassError } from '../../src/errors.js'
import { createSiamese, evaluatePairs, fitPairHead, pairDistances, pairProbability } from '../../src/siamese/index.js'
import golden from '../reference/siamese_heads.json' with { type: 'json' }
import { useBackend } from '../helpers/backend.js'
import { expectClose } from '../helpers/tensors.js'

beforeAll(() => useBackend('cpu'))

describe('fitPairHead', () => {
  it.each(golden.pairHeads.map((each, i) => [i, each] as const))(
    "is the minimum of Platt's loss, set %i",
    (_, { distances, isSimilar, scale, threshold }) => {
      const head = fitPairHead(distances, isSimilar)
      expectClose([head.scale, head.threshold], [scale, threshold], 1e-11)
      expect(pairProbability(head, head.threshold)).toBe(0.5)
      expect(pairProbability(head, head.threshold - 1)).toBeCloseTo(1 / (1 + Math.exp(-scale)), 9)
    },
  )

  it('keeps its probabilities when the unit of distance changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 4, noNaN: true }), fc.integer({ min: 0, max: 1 })), {
          minLength: 3,
          maxLength: 30,
        }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (drawn, unit) => {
          const distances = [0.5, 2.5, ...drawn.map(([d]) => d)]
          const isSimilar = [1, 0, ...drawn.map(([, s]) => s)]
          const head = fitPairHead(distances, isSimilar)
          expect(head.scale).toBeGreaterThanOrEqual(0)
          expect(Number.isFinite(head.scale) && Number.isFinite(head.threshold)).toBe(true)
          const other = fitPairHead(
            distances.map((d) => d * unit),
            isSimilar,
          )
          expectClose(
            distances.map((d) => pairProbability(other, d * unit)),
            distances.map((d) => pairProbability(head, d)),
            1e-6,
          )
        },
      ),
      { seed: 2, numRuns: 100 },
    )
  })

  it('is the same in any unit, however small or large', () => {
    const isSimilar = [1, 1, 0, 1, 0, 0]
    const at = (unit: number): number[] => {
      const { scale, threshold } = fitPairHead(
        [1, 2, 2.5, 3, 3.5, 5].map((d) => d * unit),
        isSimilar,
      )
      return [scale * unit, threshold / unit]
    }
    for (const unit of [1e-200, 1e200]) expectClose(at(unit), at(1), 1e-9)
    // One distance beside which the others are nothing.
    expect(fitPairHead([1e200, 2e200, 3, 4], [0, 0, 1, 1]).threshold).toBeGreaterThan(1e199)
  })

  it('says 1/2 where distance tells nothing, or the contrary', () => {
    expect(fitPairHead([2, 2, 2], [0, 1, 0])).toEqual({ scale: 0, threshold: 2 })
    expect(fitPairHead([0, 1, 2, 3], [0, 0, 1, 1])).toEqual({ scale: 0, threshold: 1.5 })
    expect(pairProbability({ scale: 0, threshold: 1.5 }, 3)).toBe(0.5)
    expect(() => pairProbability({ scale: 1, threshold: 1 }, NaN)).toThrow(
      'distance must be a finite number; received NaN',
    )
  })

  it('refuses what it cannot be fitted to', () => {
    expect(() => fitPairHead([], [])).toThrow('distances must hold at least one value')
    expect(() => fitPairHead([1, 2], [1])).toThrow('isSimilar must have one entry for each of the 2 distances')
    expect(() => fitPairHead([1, NaN], [1, 0])).toThrow('distances[1] must be a finite number')
    expect(() => fitPairHead([1, 2], [1, 3])).toThrow('isSimilar[1] must be 0 or 1')
    expect(() => fitPairHead([1, 2], [1, 1])).toThrow(OneClassError)
  })
})

describe('evaluatePairs', () => {
  it('counts right answers about pairs, under its own name', () => {
    const result = evaluatePairs({ scale: 2, threshold: 1 }, [0.5, 2, 1.5, 1], [1, 0, 1, 0])
    expect(result).toMatchObject({ head: 'pair', n: 4, similar: 2, pairAccuracy: 0.5, auc: 0.75 })
    const p = [1, -2, -1, 0].map((z) => 1 / (1 + Math.exp(-z)))
    expectClose(result.probabilities, p, 1e-12)
    const loss = -(Math.log(p[0]!) + Math.log(1 - p[1]!) + Math.log(p[2]!) + Math.log(1 - p[3]!)) / 4
    expect(result.loss).toBeCloseTo(loss, 12)
    expect(evaluatePairs({ scale: 2, threshold: 1 }, [1], [1]).auc).toBeNaN()
  })
})

describe('pairDistances', () => {
  it.each(['euclidean', 'squared', 'cosine'] as const)('equals the %s distance of the network', (metric) => {
    using network = createSiamese({ inputShape: [8, 8, 3], widths: [2], embeddingSize: 3, metric })
    const rows = [1, 2, 3, -1, 0.5, 2, 0, 0, 0, 1, 2, 3]
    const [a, b] = [
      [0, 1, 2, 0],
      [1, 2, 0, 3],
    ]
    const wanted = tf.tidy(() => {
      const of = (places: number[]): tf.Tensor2D =>
        tf.tensor2d(
          places.flatMap((place) => rows.slice(3 * place, 3 * place + 3)),
          [4, 3],
        )
      return [...network.distance(of(a), of(b)).dataSync()]
    })
    expectClose(pairDistances(rows, { a, b }, { embeddingSize: 3, metric }), wanted, 1e-6)
  })

  it('refuses rows that there are not', () => {
    const options = { embeddingSize: 2, metric: 'euclidean' as const }
    expect(() => pairDistances([1, 2], { a: [0], b: [1] }, options)).toThrow(
      'pairs.b[0] must be an integer from 0 to 0',
    )
    expect(() => pairDistances([1, 2], { a: [0], b: [] }, options)).toThrow('pairs.b must have as many rows')
    expect(() => pairDistances([1, 2, 3], { a: [], b: [] }, options)).toThrow('whole rows of 2')
  })
})
