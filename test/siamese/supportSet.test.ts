import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OneClassError } from '../../src/errors.js'
import { createRandom } from '../../src/random.js'
import {
  createSupportSet,
  evaluateSupport,
  nearestReferences,
  supportScores,
  type Metric,
} from '../../src/siamese/index.js'
import golden from '../reference/siamese_heads.json' with { type: 'json' }
import { expectClose } from '../helpers/tensors.js'

const { embeddingSize, labels, references, queries } = golden
const metrics: readonly Metric[] = ['euclidean', 'squared', 'cosine']
const supportOf = (metric: Metric) => createSupportSet({ embeddings: references, embeddingSize, labels, metric })

describe('supportScores', () => {
  it.each(metrics)('equals scikit-learn and numpy under %s', (metric) => {
    const wanted = golden.support[metric]
    const support = supportOf(metric)
    for (const [name, expected] of Object.entries(wanted.knn)) {
      const [weights, k] = name.split(' ') as ['uniform' | 'distance', string]
      expectClose(supportScores(support, queries, { k: Number(k), weights }), expected, 1e-7)
    }
    expectClose(supportScores(support, queries, { method: 'mean-distance' }), wanted['mean-distance'], 1e-9)
    expectClose(supportScores(support, queries, { method: 'centroid' }), wanted.centroid, 1e-9)
  })

  it('lets ties at the border share its places, whatever the order', () => {
    // Distances from 0: one malignant at 1, two benign and one malignant at 2. Of k = 2 one place is left for three.
    const rows = [1, 2, 2, 2]
    const classes = [1, 0, 0, 1]
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
    ]) {
      const support = createSupportSet({
        embeddings: order.map((i) => rows[i]!),
        embeddingSize: 1,
        labels: order.map((i) => classes[i]!),
      })
      expect(supportScores(support, [0], { k: 2 })[0]).toBeCloseTo((1 + 1 / 3) / 2, 12)
      expect(supportScores(support, [0], { k: 2, weights: 'distance' })[0]).toBeCloseTo((1 + 1 / 6) / 1.5, 12)
    }
  })

  it('is in [0, 1], does not depend on the order of the references, and turns round with the classes', () => {
    const methods = fc.constantFrom('knn', 'centroid', 'mean-distance' as const)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 1 })), {
          minLength: 4,
          maxLength: 12,
        }),
        methods,
        fc.constantFrom(...metrics),
        fc.integer(),
        (drawn, method, metric, seed) => {
          const made = [...drawn, [1, 0] as const, [2, 1] as const]
          const set = (rows: readonly (readonly [number, number])[], flip = false) =>
            createSupportSet({
              embeddings: rows.flatMap(([x]) => [x, 1]),
              embeddingSize: 2,
              labels: rows.map(([, label]) => (flip ? 1 - label : label)),
              metric,
            })
          const asked = [0, 0, 1, 1, -2, 1]
          const scores = supportScores(set(made), asked, { method, k: 3 })
          expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
          const shuffled = set(createRandom(seed, 'test').shuffle(made))
          expectClose(supportScores(shuffled, asked, { method, k: 3 }), scores, 1e-9)
          expectClose(
            supportScores(set(made, true), asked, { method, k: 3 }),
            [...scores].map((s) => 1 - s),
            1e-9,
          )
        },
      ),
      { seed: 1, numRuns: 60 },
    )
  })

  it('refuses what does not fit', () => {
    const support = supportOf('euclidean')
    expect(() => supportScores(support, [1, 2, 3])).toThrow('whole rows of 4 numbers')
    expect(() => supportScores(support, [1, 2, 3, NaN])).toThrow('embeddings[3] must be a finite number')
    expect(() => supportScores(support, queries, { k: 13 })).toThrow('options.k must be at most the 12 references')
    expect(() => supportScores(support, queries, { k: 0 })).toThrow('options.k')
    expect(() => supportScores(support, queries, { method: 'svm' as 'knn' })).toThrow('knn, centroid, mean-distance')
    expect(() => supportScores(support, queries, { weights: 'own' as 'uniform' })).toThrow('options.weights')
    expect([...supportScores(support, [])]).toEqual([])
  })
})

describe('createSupportSet', () => {
  it('keeps plain data of its own', () => {
    const rows = new Float32Array([1, 2])
    const support = createSupportSet({ embeddings: rows, embeddingSize: 1, labels: [0, 1], ids: ['a', 'b'] })
    rows[0] = 9
    expect(support).toEqual({
      embeddings: new Float32Array([1, 2]),
      embeddingSize: 1,
      labels: new Uint8Array([0, 1]),
      ids: ['a', 'b'],
      metric: 'euclidean',
    })
  })

  it('refuses parts that do not fit, and one class', () => {
    const base = { embeddings: [1, 2], embeddingSize: 1, labels: [0, 1] }
    expect(() => createSupportSet({ ...base, labels: [1, 1] })).toThrow(OneClassError)
    expect(() => createSupportSet({ ...base, labels: [] })).toThrow('options.labels')
    expect(() => createSupportSet({ ...base, labels: [0, 2] })).toThrow('options.labels[1] must be 0 or 1')
    expect(() => createSupportSet({ ...base, ids: ['a'] })).toThrow('options.ids')
    expect(() => createSupportSet({ ...base, embeddings: [1, Infinity] })).toThrow('options.embeddings[1]')
    expect(() => createSupportSet({ ...base, embeddings: [], labels: [] })).toThrow(OneClassError)
    expect(() => createSupportSet({ ...base, metric: 'manhattan' as Metric })).toThrow('options.metric')
  })
})

describe('nearestReferences', () => {
  it.each(metrics)('gives the nearest first under %s', (metric) => {
    const support = supportOf(metric)
    const { distances } = golden.support[metric]
    nearestReferences(support, queries, 5).forEach((found, i) => {
      const all = distances.slice(12 * i, 12 * (i + 1)).map((distance, j) => ({ distance, j }))
      const wanted = all.sort((a, b) => a.distance - b.distance || a.j - b.j).slice(0, 5)
      expect(found.map(({ id }) => Number(id))).toEqual(wanted.map(({ j }) => j))
      expect(found.map(({ label }) => label)).toEqual(wanted.map(({ j }) => labels[j]))
      expectClose(
        found.map(({ distance }) => distance),
        wanted.map(({ distance }) => distance),
        1e-7,
      )
    })
  })

  it('takes of equal distances the first', () => {
    const support = createSupportSet({ embeddings: [1, -1, 1, 3], embeddingSize: 1, labels: [0, 1, 1, 1] })
    expect(nearestReferences(support, [0], 3)[0]!.map(({ id }) => id)).toEqual(['0', '1', '2'])
  })
})

describe('evaluateSupport', () => {
  it('counts decisions under its own name', () => {
    const support = createSupportSet({ embeddings: [0, 10], embeddingSize: 1, labels: [0, 1] })
    const result = evaluateSupport(support, [1, 9, 4, 6], [0, 1, 1, 1], { method: 'centroid' })
    expect(result).toMatchObject({
      head: 'support',
      n: 4,
      supportAccuracy: 0.75,
      auc: 1,
      threshold: 0.5,
      confusion: { tp: 2, fp: 0, tn: 1, fn: 1 },
    })
    expectClose(result.scores, [0.1, 0.9, 0.4, 0.6], 1e-7)
    expect(evaluateSupport(support, [1, 9, 4, 6], [0, 1, 1, 1], { method: 'centroid', threshold: 0.3 })).toMatchObject({
      supportAccuracy: 1,
    })
    expect(evaluateSupport(support, [1], [0], { k: 1 }).auc).toBeNaN()
    expect(() => evaluateSupport(support, [1], [0, 1], { k: 1 })).toThrow('labels must have one entry')
    expect(() => evaluateSupport(support, [], [], { k: 1 })).toThrow('labels')
    expect(() => evaluateSupport(support, [1], [0], { k: 1, threshold: 2 })).toThrow('options.threshold')
  })
})
