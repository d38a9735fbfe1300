import { assertType, describe, expectTypeOf, it } from 'vitest'
import {
  balanceByAugmentation,
  splitByGroup,
  syntheticHistology,
  type ImageRecord,
  type ImageSource,
  type Label,
} from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'
import { rocAuc, rocCurve, type RocCurve } from '../../src/metrics/index.js'

describe('data', () => {
  it('come from any source of records and pixels', () => {
    expectTypeOf(syntheticHistology()).toExtend<ImageSource>()
    const pixels: PixelImage = { width: 1, height: 1, channels: 3, data: new Uint8Array(3), maxValue: 255 }
    assertType<ImageSource>({
      kind: 'custom',
      description: 'own',
      records: [{ id: 'a', label: 'benign', patient: 'p' }],
      read: async () => pixels,
    })
    // @ts-expect-error: labels are words, not numbers
    assertType<ImageRecord>({ id: 'a', label: 1, patient: 'p' })
    expectTypeOf<Label>().toEqualTypeOf<'benign' | 'malignant'>()
  })

  it('are split into records', () => {
    const records: readonly ImageRecord[] = []
    expectTypeOf(splitByGroup(records, { seed: 1 }).test).toExtend<readonly ImageRecord[]>()
  })
})

describe('balancing', () => {
  it('takes a split, not one of its sides', () => {
    const split = splitByGroup([] as readonly ImageRecord[], { seed: 1 })
    expectTypeOf(balanceByAugmentation).parameter(0).toExtend<{ readonly train: readonly ImageRecord[] }>()
    expectTypeOf(split).toExtend<Parameters<typeof balanceByAugmentation>[0]>()
    expectTypeOf(split.test).not.toExtend<Parameters<typeof balanceByAugmentation>[0]>()
  })
})

describe('metrics', () => {
  it('take arrays and typed arrays and give plain numbers', () => {
    expectTypeOf(rocAuc([true, false], new Float64Array(2))).toEqualTypeOf<number>()
    expectTypeOf(rocCurve(new Uint8Array(2), [0.1, 0.2])).toEqualTypeOf<RocCurve>()
    // @ts-expect-error: scores are numbers
    rocAuc([1, 0], ['a', 'b'])
  })
})
