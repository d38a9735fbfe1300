import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../src/random.js'

const draws = 20_000
const draw = (random: Random, n = draws): number[] => Array.from({ length: n }, () => random.uniform())
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const moment = (values: readonly number[], power: number): number => {
  const centre = mean(values)
  return mean(values.map((value) => (value - centre) ** power))
}
const correlation = (a: readonly number[], b: readonly number[]): number => {
  const [meanA, meanB] = [mean(a), mean(b)]
  return mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB))) / Math.sqrt(moment(a, 2) * moment(b, 2))
}

describe('createRandom', () => {
  it('gives the same stream for the same seed and purpose', () => {
    const all = (random: Random): unknown[] => [
      draw(random, 100),
      random.integer(1000),
      random.normal(),
      random.shuffle([1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    expect(all(createRandom(5, 'pairs', 3))).toEqual(all(createRandom(5, 'pairs', 3)))
  })

  it('keeps to its stream over releases', () => {
    // Resumed runs and published results depend on these.
    const random = createRandom(1, 'pairs', 7)
    const seen = [random.uniform(), random.integer(1_000_000), random.shuffle([0, 1, 2, 3, 4, 5, 6, 7])]
    expect(seen).toEqual([0.9965708453829923, 684_420, [6, 2, 0, 5, 4, 3, 7, 1]])
  })

  it('draws normal numbers as Box and Muller do, to the last bits', () => {
    const [random, uniform] = [createRandom(4, 'normal'), createRandom(4, 'normal')]
    for (let i = 0; i < draws; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform.uniform()))
      expect(Math.abs(random.normal() - radius * Math.cos(2 * Math.PI * uniform.uniform()))).toBeLessThan(4e-15)
    }
  })

  it('has a stream of its own for every seed and purpose', () => {
    const streams = [
      createRandom(1),
      createRandom(2),
      createRandom(-1),
      createRandom(1, 'pairs'),
      createRandom(1, 'pairs', 0),
      createRandom(1, 'pairs', 1),
      createRandom(1, 'patches'),
      createRandom(11, 'pairs'),
      createRandom(1, 1, 'pairs'),
    ].map((random) => draw(random, 2000))
    expect(new Set(streams.map(([first]) => first)).size).toBe(streams.length)
    // Of 2000 independent draws the correlation has a standard deviation of 0.022.
    for (const [i, a] of streams.entries())
      for (const b of streams.slice(i + 1)) expect(Math.abs(correlation(a, b))).toBeLessThan(0.12)
  })

  it('is not moved by draws from another stream', () => {
    const alone = draw(createRandom(3, 'a'), 50)
    const [a, b] = [createRandom(3, 'a'), createRandom(3, 'b')]
    const beside = Array.from({ length: 50 }, () => {
      b.normal()
      return a.uniform()
    })
    expect(beside).toEqual(alone)
  })
})

describe('uniform', () => {
  it('has the moments of [0, 1) and of [low, high)', () => {
    const values = draw(createRandom(1))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    expect(mean(values)).toBeCloseTo(0.5, 1)
    expect(moment(values, 2)).toBeCloseTo(1 / 12, 2)
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(0.04)
    const random = createRandom(2)
    const moved = Array.from({ length: draws }, () => random.uniform(-3, 5))
    expect(Math.min(...moved)).toBeGreaterThanOrEqual(-3)
    expect(Math.max(...moved)).toBeLessThan(5)
    expect(Math.abs(mean(moved) - 1)).toBeLessThan(0.1)
  })
})

describe('normal', () => {
  it.each([
    [0, 1],
    [10, 0.5],
  ])('has mean %f and deviation %f, and the tails of a normal', (centre, deviation) => {
    const random = createRandom(4, 'normal')
    const values = Array.from({ length: draws }, () => random.normal(centre, deviation))
    expect(values.every(Number.isFinite)).toBe(true)
    expect(Math.abs(mean(values) - centre) / deviation).toBeLessThan(0.05)
    expect(Math.sqrt(moment(values, 2)) / deviation).toBeCloseTo(1, 1)
    expect(Math.abs(moment(values, 3)) / deviation ** 3).toBeLessThan(0.15)
    expect(Math.abs(moment(values, 4) / deviation ** 4 - 3)).toBeLessThan(0.4)
  })

  it('is standard by default', () => {
    const [a, b] = [createRandom(6), createRandom(6)]
    expect(a.normal()).toBe(b.normal(0, 1))
  })
})

describe('integer', () => {
  it.each([1, 2, 7])('gives each of 0 to n - 1 equally often, n = %i', (n) => {
    const random = createRandom(8, n)
    const counts = Array.from({ length: n }, () => 0)
    for (let i = 0; i < draws; i++) {
      const value = random.integer(n)
      counts[value] = (counts[value] ?? NaN) + 1
    }
    expect(Object.keys(counts)).toHaveLength(n)
    for (const count of counts) expect(Math.abs(count - draws / n)).toBeLessThan(6 * Math.sqrt(draws / n))
  })
})

describe('shuffle', () => {
  it('gives a permutation and leaves its argument as it is', () => {
    const items = Array.from({ length: 100 }, (_, i) => i)
    const shuffled = createRandom(9).shuffle(items)
    expect(shuffled).not.toEqual(items)
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items)
    expect(items).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(createRandom(9).shuffle([])).toEqual([])
    expect(createRandom(9).shuffle(['one'])).toEqual(['one'])
  })

  it('gives every order equally often', () => {
    const random = createRandom(10)
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(['a', 'b', 'c']).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200)
  })
})
