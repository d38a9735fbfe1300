import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  augment,
  augmentationMatrix,
  balanceByAugmentation,
  drawAugmentation,
  sequentialAugmentation,
  type Augmentation,
  type AugmentOptions,
  type ImageRecord,
} from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import golden from '../reference/data_augment.json' with { type: 'json' }

describe.each(['cpu', 'wasm'] as const)('augment on %s', (backend) => {
  beforeAll(() => useBackend(backend))
  it.each(golden.cases.map((c, i) => [`${i} ${c.fillMode} ${c.centre}`, c] as const))(
    'equals Keras over SciPy: case %s',
    async (_, c) => {
      const x = tf.tensor4d(c.input, [1, c.height, c.width, 2])
      const options = { fillMode: c.fillMode, centre: c.centre } as AugmentOptions
      const y = augment(x, [c.augmentation], options)
      expectClose(await y.data(), c.output, 1e-4)
      tf.dispose([x, y])
    },
  )
  it('treats each image of a batch by itself and leaks nothing', async () => {
    const random = createRandom(1)
    const x = tf.tensor4d(
      Float32Array.from({ length: 3 * 6 * 5 * 3 }, () => random.uniform()),
      [3, 6, 5, 3],
    )
    const changes = [1, 2, 3].map((seed) => drawAugmentation(createRandom(seed), { rotation: 40 }))
    const together = augment(x, changes)
    for (let i = 0; i < 3; i++) {
      const one = tf.slice4d(x, [i, 0, 0, 0], [1, -1, -1, -1])
      const alone = augment(one, [changes[i]!])
      const part = tf.slice4d(together, [i, 0, 0, 0], [1, -1, -1, -1])
      expectClose(await alone.data(), await part.data(), 1e-6)
      tf.dispose([one, alone, part])
    }
    await expectNoLeak(() => augment(x, changes))
    await expectNoLeakWhenThrowing(
      () => augment(x, changes.slice(1)),
      'augmentations must hold one entry for each of the 3 images',
    )
    tf.dispose([x, together])
  })
})

describe('drawAugmentation', () => {
  it("draws the paper's ranges by default, independently for rows and columns", () => {
    const random = createRandom(4)
    const draws = Array.from({ length: 2000 }, () => drawAugmentation(random))
    const span = (of: (a: Augmentation) => number): [number, number] => [
      Math.min(...draws.map(of)),
      Math.max(...draws.map(of)),
    ]
    const [low, high] = span((a) => a.theta)
    expect(low).toBeGreaterThanOrEqual(-10)
    expect(low).toBeLessThan(-9.9)
    expect(high).toBeGreaterThan(9.9)
    for (const of of [(a: Augmentation) => a.zoomRows, (a: Augmentation) => a.zoomColumns]) {
      const [least, most] = span(of)
      expect(least).toBeGreaterThanOrEqual(0.9)
      expect(most).toBeLessThan(1.1)
      expect(most - least).toBeGreaterThan(0.19)
    }
    expect(draws.filter((a) => a.zoomRows === a.zoomColumns).length).toBe(0)
    expect(draws.every((a) => !a.flipHorizontal && !a.flipVertical && Math.abs(a.shear) === 0)).toBe(true)
    const flipped = Array.from({ length: 400 }, () => drawAugmentation(random, { horizontalFlip: true }))
    expect(flipped.filter((a) => a.flipHorizontal).length).toBeGreaterThan(150)
    expect(flipped.some((a) => a.flipVertical)).toBe(false)
  })
  it('refuses ranges out of bounds', () => {
    for (const ranges of [{ rotation: -1 }, { zoom: 1 }, { heightShift: 2 }, { shear: Number.NaN }])
      expect(() => drawAugmentation(createRandom(1), ranges)).toThrow(
        expect.objectContaining({ name: 'ArgumentError', argument: `options.${Object.keys(ranges)[0]}` }),
      )
  })
  it('sequential turns copies by 10, 20, 30 degrees', () => {
    const thetas = [1, 2, 3, 36, 37].map((copy) => sequentialAugmentation(createRandom(1), copy).theta)
    expect(thetas).toEqual([10, 20, 30, 0, 10])
    expect(() => sequentialAugmentation(createRandom(1), 0)).toThrow('copy must be an integer >= 1')
  })
})

describe('augmentationMatrix', () => {
  const still = { theta: 0, zoomRows: 1, zoomColumns: 1, shiftRows: 0, shiftColumns: 0, shear: 0 }
  it('keeps the centre where it is, and flips exactly', () => {
    const m = augmentationMatrix(
      { ...still, theta: 33, zoomRows: 1.2, flipHorizontal: false, flipVertical: false },
      11,
      7,
    )
    expect(m[0] * 5 + m[1] * 3 + m[2]).toBeCloseTo(5, 12)
    expect(m[3] * 5 + m[4] * 3 + m[5]).toBeCloseTo(3, 12)
    expect([...augmentationMatrix({ ...still, flipHorizontal: true, flipVertical: true }, 4, 6)]).toEqual([
      -1, 0, 3, 0, -1, 5,
    ])
  })
  it('refuses an unknown centre', () => {
    expect(() =>
      augmentationMatrix({ ...still, flipHorizontal: false, flipVertical: false }, 4, 4, {
        centre: 'keras2' as 'keras1',
      }),
    ).toThrow('options.centre')
  })
})

describe('balanceByAugmentation', () => {
  const records: ImageRecord[] = [
    ...Array.from({ length: 3 }, (_, i) => ({ id: `b${i}`, label: 'benign' as const, patient: 'b' })),
    ...Array.from({ length: 8 }, (_, i) => ({ id: `m${i}`, label: 'malignant' as const, patient: 'm' })),
  ]
  it('copies the rarer class evenly until the classes balance, originals first', () => {
    const balanced = balanceByAugmentation(records)
    expect(balanced.slice(0, 11)).toEqual(records.map((record) => ({ record, copy: 0 })))
    const copies = balanced.slice(11)
    expect(copies.length).toBe(5)
    expect(copies.every((c) => c.record.label === 'benign' && c.augmentation !== undefined)).toBe(true)
    expect(copies.map((c) => c.copy)).toEqual([1, 1, 1, 2, 2])
    expect(new Set(copies.map((c) => `${c.record.id}/${c.copy}`)).size).toBe(5)
    expect(new Set(copies.map((c) => c.augmentation!.theta)).size).toBe(5)
  })
  it('is a function of the seed and the records, whatever their order', () => {
    const key = (list: ReturnType<typeof balanceByAugmentation>): string =>
      JSON.stringify(list.filter((c) => c.copy > 0).map((c) => [c.record.id, c.copy, c.augmentation]))
    expect(key(balanceByAugmentation(records.toReversed(), { seed: 3 }))).toBe(
      key(balanceByAugmentation(records, { seed: 3 })),
    )
    expect(key(balanceByAugmentation(records, { seed: 4 }))).not.toBe(key(balanceByAugmentation(records, { seed: 3 })))
    expect(key(balanceByAugmentation(records, { epoch: 1 }))).not.toBe(key(balanceByAugmentation(records)))
  })
  it('turns copies in sequence when told to', () => {
    const copies = balanceByAugmentation(records, { method: 'sequential' }).slice(11)
    expect(copies.map((c) => c.augmentation!.theta)).toEqual([10, 10, 10, 20, 20])
  })
  it('adds nothing to balanced sets and refuses one class', () => {
    expect(balanceByAugmentation(records.slice(0, 6)).length).toBe(6)
    expect(() => balanceByAugmentation(records.slice(0, 3))).toThrow('train: one class only (3 images)')
    expect(() => balanceByAugmentation(records, { zoom: 2 })).toThrow('options.zoom')
    expect(() => balanceByAugmentation(records, { method: 'none' as 'random' })).toThrow('options.method')
  })
})
