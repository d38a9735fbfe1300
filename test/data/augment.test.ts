import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  augment,
  augmentationMatrix,
  balanceByAugmentation,
  drawAugmentation,
  sequentialAugmentation,
  splitByImage,
  type Augmentation,
  type AugmentationRanges,
  type AugmentOptions,
  type ImageRecord,
  type TrainAndTest,
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
      const shape: [number, number, number, number] = [1, c.height, c.width, c.channels]
      const unit = tf.tensor4d(
        c.input.map((value) => value / 255),
        shape,
      )
      const options = { fillMode: c.fillMode, centre: c.centre } as AugmentOptions
      const y = augment(unit, [c.augmentation], { ...options, fillValue: 0.25 })
      expectClose(await y.data(), c.output, 1e-6)
      // In Keras' own units, rescaled last.
      const levels = tf.tensor4d(c.input, shape)
      const z = augment(levels, [c.augmentation], { ...options, fillValue: 63.75, white: 255, rescale: 1 / 255 })
      expectClose(await z.data(), c.output, 1e-6)
      tf.dispose([unit, levels, y, z])
    },
  )
  it.each(golden.large.map((c) => [c.fillMode, c] as const))('equals it on 700x460 pixels: %s', async (_, c) => {
    const { height, width, step } = c
    const values = new Float32Array(height * width * 3)
    for (let i = 0; i < values.length; i++) {
      const [row, column, k] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3]
      values[i] = ((31 * row * row + 17 * column * column + 7 * row * column + 101 * k) % 256) / 255
    }
    const x = tf.tensor4d(values, [1, height, width, 3])
    const options = { fillMode: c.fillMode, centre: c.centre, fillValue: 0.25 } as AugmentOptions
    const y = augment(x, [c.augmentation], options)
    const all = await y.data()
    expectClose(
      c.output.map((__, i) => all[i * step]!),
      c.output,
      1e-6,
    )
    tf.dispose([x, y])
  })
  it('brightens some images of a batch, multiplies others, and keeps what nothing is said of', async () => {
    const x = tf.tensor4d([0.2, 0.4, 0.6, 0.2, 0.4, 0.6, 0.2, 0.4, 0.6], [3, 1, 1, 3])
    const y = augment(x, [{ brightness: 0.5 }, {}, { gain: 2 }])
    // The first: 0.2..0.6 becomes levels 0, 127, 255, their halves are cut.
    expectClose(await y.data(), [0, 63 / 255, 127 / 255, 0.2, 0.4, 0.6, 0.4, 0.8, 1], 1e-6)
    const shifted = augment(x, [{ channelShift: 0.3 }, { channelShift: -1 }, {}])
    expectClose(await shifted.data(), [0.5, 0.6, 0.6, 0.2, 0.2, 0.2, 0.2, 0.4, 0.6], 1e-6)
    tf.dispose([y, shifted])
    await expectNoLeak(() => augment(x, [{ brightness: 0.5, channelShift: 0.1 }, { theta: 3 }, { gain: 2 }]))
    for (const [wrong, argument] of [
      [{ brightness: -1 }, 'augmentation.brightness'],
      [{ gain: Number.NaN }, 'augmentation.gain'],
      [{ channelShift: Infinity }, 'augmentation.channelShift'],
      [{ shiftRowPixels: Number.NaN }, 'augmentation.shiftRowPixels'],
    ] as const) {
      await expectNoLeakWhenThrowing(() => augment(x, [{}, wrong, {}]), argument)
    }
    const fillMode = 'mirror' as 'wrap'
    await expectNoLeakWhenThrowing(() => augment(x, [{}, {}, {}], { fillMode }), 'options.fillMode must be one of')
    await expectNoLeakWhenThrowing(() => augment(x, [{}, {}, {}], { white: 0 }), 'options.white')
    await expectNoLeakWhenThrowing(() => augment(x, [{}, {}, {}], { rescale: Number.NaN }), 'options.rescale')
    x.dispose()
  })
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
    const wrong: AugmentationRanges[] = [
      { rotation: -1 },
      { zoom: 1 },
      { zoom: [0, 1] },
      { zoom: [1.2, 1] },
      { heightShift: -0.1 },
      { widthShift: [] },
      { widthShift: [Number.NaN] },
      { shear: Number.NaN },
      { channelShift: -1 },
      { brightness: [-1, 1] },
      { gain: [2, 1] },
    ]
    for (const ranges of wrong)
      expect(() => drawAugmentation(createRandom(1), ranges)).toThrow(
        expect.objectContaining({ name: 'ArgumentError', argument: `options.${Object.keys(ranges)[0]}` }),
      )
  })
  /** What 2000 draws of one number hold. */
  const drawn = (ranges: AugmentationRanges, of: (a: Augmentation) => number): number[] => {
    const random = createRandom(9)
    return Array.from({ length: 2000 }, () => of(drawAugmentation(random, ranges)))
  }
  it("shifts as Keras' height_shift_range and width_shift_range: shares, whole pixels, pixels, lists", () => {
    const share = drawn({ heightShift: 0.2 }, (a) => a.shiftRows)
    expect(Math.min(...share)).toBeLessThan(-0.19)
    expect(Math.max(...share)).toBeGreaterThan(0.19)
    expect(share.every((v) => v >= -0.2 && v < 0.2)).toBe(true)
    expect(new Set(drawn({ heightShift: 0.2 }, (a) => a.shiftRowPixels))).toEqual(new Set([0]))
    // An integer n: random.choice(n) times -1 or 1, so 0 twice as often as any other.
    const whole = drawn({ widthShift: 3 }, (a) => a.shiftColumnPixels).map((v) => v + 0)
    expect(new Set(whole)).toEqual(new Set([-2, -1, 0, 1, 2]))
    expect(Math.abs(whole.filter((v) => v === 0).length / 2000 - 1 / 3)).toBeLessThan(0.04)
    const pixels = drawn({ widthShift: 2.5 }, (a) => a.shiftColumnPixels)
    expect(pixels.every((v) => v >= -2.5 && v < 2.5)).toBe(true)
    expect(new Set(pixels).size).toBeGreaterThan(1900)
    expect(new Set(drawn({ heightShift: [4, 9] }, (a) => a.shiftRowPixels))).toEqual(new Set([-9, -4, 4, 9]))
    expect(new Set(drawn({ heightShift: [0.5, 0.25] }, (a) => a.shiftRows))).toEqual(new Set([-0.5, -0.25, 0.25, 0.5]))
  })
  it('draws zoom and brightness from intervals, and the rest of the stream does not hang on them', () => {
    const zooms = drawn({ zoom: [0.5, 0.7] }, (a) => a.zoomColumns)
    expect(zooms.every((v) => v >= 0.5 && v < 0.7)).toBe(true)
    const bright = drawn({ brightness: [0.4, 1.6] }, (a) => a.brightness!)
    expect([Math.min(...bright) < 0.42, Math.max(...bright) > 1.58]).toEqual([true, true])
    const gains = drawn({ gain: [0.9, 1.1] }, (a) => a.gain)
    expect(gains.every((v) => v >= 0.9 && v < 1.1)).toBe(true)
    const shifts = drawn({ channelShift: 0.1 }, (a) => a.channelShift)
    expect([Math.min(...shifts) < -0.09, Math.max(...shifts) > 0.09]).toEqual([true, true])
    expect(drawAugmentation(createRandom(1))).not.toHaveProperty('brightness')
    const rest = { theta: 0, zoom: 0, gain: 0, brightness: 0 }
    const one = { ...drawAugmentation(createRandom(5), { gain: [1, 2], zoom: [1, 3], brightness: [0, 1] }), ...rest }
    const other = { ...drawAugmentation(createRandom(5), { zoom: 0.2 }), ...rest }
    expect({ ...one, zoomRows: 0, zoomColumns: 0 }).toEqual({ ...other, zoomRows: 0, zoomColumns: 0 })
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
    expect(augmentationMatrix({ ...still, flipHorizontal: true, flipVertical: true }, 4, 6).map((v) => v + 0)).toEqual([
      -1, 0, 3, 0, -1, 5,
    ])
  })
  it('is the identity, to the last bit, where nothing changes', () => {
    const none = { brightness: 2, channelShift: 1, gain: 3 }
    expect(augmentationMatrix(none, 9, 4, { centre: 'keras1' })).toEqual([1, 0, 0, 0, 1, 0])
    expect(augmentationMatrix({ shiftRows: 0.5, shiftColumnPixels: 2 }, 8, 8)).toEqual([1, 0, 4, 0, 1, 2])
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
  const split = (train: ImageRecord[]): { train: ImageRecord[]; test: ImageRecord[] } => ({ train, test: [] })
  it('copies the rarer class evenly until the classes balance, originals first', () => {
    const balanced = balanceByAugmentation(split(records))
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
    expect(key(balanceByAugmentation(split(records.toReversed()), { seed: 3 }))).toBe(
      key(balanceByAugmentation(split(records), { seed: 3 })),
    )
    expect(key(balanceByAugmentation(split(records), { seed: 4 }))).not.toBe(
      key(balanceByAugmentation(split(records), { seed: 3 })),
    )
    expect(key(balanceByAugmentation(split(records), { epoch: 1 }))).not.toBe(
      key(balanceByAugmentation(split(records))),
    )
  })
  it('turns copies in sequence when told to', () => {
    const copies = balanceByAugmentation(split(records), { method: 'sequential' }).slice(11)
    expect(copies.map((c) => c.augmentation!.theta)).toEqual([10, 10, 10, 20, 20])
  })
  it('adds nothing to balanced sets and refuses one class', () => {
    expect(balanceByAugmentation(split(records.slice(0, 6))).length).toBe(6)
    expect(() => balanceByAugmentation(split(records.slice(0, 3)))).toThrow('train: one class only (3 images)')
    expect(() => balanceByAugmentation(split(records), { zoom: 2 })).toThrow('options.zoom')
    expect(() => balanceByAugmentation(split(records), { method: 'none' as 'random' })).toThrow('options.method')
  })
  it('goes to the ratio that is wanted, and takes nothing away', () => {
    const copies = (ratio: number): number => balanceByAugmentation(split(records), { ratio }).length - records.length
    expect([1, 0.75, 0.5, 0.4, 0.1].map(copies)).toEqual([5, 3, 1, 0, 0])
    for (const ratio of [0, 1.1, Number.NaN]) {
      expect(() => balanceByAugmentation(split(records), { ratio })).toThrow('options.ratio must be a number in (0, 1]')
    }
  })
  it('takes a split only, never one of its sides, and refuses one whose sides share an image', () => {
    const sides = splitByImage(records, { testFraction: 0.3, seed: 1 })
    const balanced = balanceByAugmentation(sides)
    const judged = new Set(sides.test.map(({ id }) => id))
    expect(balanced.some(({ record }) => judged.has(record.id))).toBe(false)
    expect(() => balanceByAugmentation(sides.test as unknown as TrainAndTest)).toThrow('split must be a split')
    expect(() => balanceByAugmentation({ train: records, test: [records[4]!] })).toThrow(
      'm1: stands on both sides of the split',
    )
  })
})
