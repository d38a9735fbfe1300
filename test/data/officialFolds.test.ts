import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  recordsFromNames,
  splitByList,
  splitByOfficialFold,
  splitRecords,
  type ImageRecord,
  type OfficialFold,
} from '../../src/data/index.js'
import { loadBreaKHis } from '../../src/node/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { namesLikeBreaKHis, slides, testImages } from './breakhisNames.js'

const folds: readonly OfficialFold[] = [1, 2, 3, 4, 5]
const ids = (records: readonly ImageRecord[]): string[] => records.map(({ id }) => id)

describe('splitByOfficialFold', () => {
  const records = recordsFromNames(namesLikeBreaKHis())

  it.each(folds)('puts every slide of fold %i where the official list has it', (fold) => {
    const { kind, train, test } = splitByOfficialFold(records, fold)
    expect([kind, train.length + test.length, test.length]).toEqual(['official', 7909, testImages[fold - 1]])
    for (const [side, letter] of [
      [train, '-'],
      [test, 'T'],
    ] as const) {
      const expected = Object.keys(slides).filter((slide) => slides[slide]!.sides[fold - 1] === letter)
      expect([...new Set(side.map(({ slide }) => slide!))].sort()).toEqual(expected)
    }
  })
  it('has 14-13412 on both sides of folds 1, 3 and 5, and no other patient; accessions on both sides of all', () => {
    for (const fold of folds) {
      const { onBothSides, clean } = splitByOfficialFold(records, fold).audit
      expect(onBothSides.patients.map(({ name }) => name)).toEqual(fold % 2 === 1 ? ['14-13412'] : [])
      expect(onBothSides.slides).toEqual([])
      expect(onBothSides.accessions.length).toBeGreaterThan(0)
      expect(clean).toBe(false)
    }
  })
  it('takes any part of the data set, in any order', () => {
    const part = records.filter(({ magnification, sequence }) => magnification === 200 && sequence! % 7 === 1).reverse()
    const whole = new Set(ids(splitByOfficialFold(records, 4).test))
    expect(ids(splitByOfficialFold(part, 4).test)).toEqual(ids(part).filter((id) => whole.has(id)))
  })
  it('names what is not of BreaKHis, and sides that stay empty', () => {
    const [first] = records
    const other = { ...first!, id: 'x', slide: 'SOB_M_DC_14-1' }
    expect(() => splitByOfficialFold([first!, other], 1)).toThrow(
      "x: slide SOB_M_DC_14-1: not in BreaKHis' official folds",
    )
    const { slide: _, ...bare } = first!
    expect(() => splitByOfficialFold([bare], 1)).toThrow(`${first!.id}: no slide: not in BreaKHis' official folds`)
    expect(() => splitByOfficialFold([], 1)).toThrow('no images to split')
    expect(() => splitByOfficialFold([first!], 1)).toThrow(
      'the test side of official fold 1 is empty: all are on its train side',
    )
    expect(() => splitByOfficialFold([first!], 4)).toThrow('the train side of official fold 4 is empty')
    for (const fold of [0, 6, 1.5, '1'])
      expect(() => splitByOfficialFold(records, fold as 1)).toThrow('fold must be 1, 2, 3, 4 or 5')
  })
})

describeShared('the official lists', () => {
  it.each(folds)('of fold %i give the same sides for all 7,909 names', (fold) => {
    const list = readFileSync(sharedData(`breakhis-folds/dsfold${fold}.txt`), 'utf8')
    const records = recordsFromNames(list)
    const own = splitByOfficialFold(records, fold)
    const listed = splitByList(records, list)
    expect(own.test).toHaveLength(testImages[fold - 1]!)
    expect(ids(own.train)).toEqual(ids(listed.train))
    expect(ids(own.test)).toEqual(ids(listed.test))
    expect(own.audit).toEqual(listed.audit)
  })
})

describeShared('the real images at 100x', async () => {
  const { records } = await loadBreaKHis(sharedData('BreaKHis_v1'), { magnifications: [100] })
  it.each(folds)('have both classes on both sides of official fold %i', (fold) => {
    expect(records).toHaveLength(157)
    const split = splitRecords(records, `official:${fold}`)
    for (const side of [split.train, split.test])
      expect(new Set(side.map(({ label }) => label))).toEqual(new Set(['benign', 'malignant']))
    const patients = split.audit.onBothSides.patients.map(({ name }) => name)
    expect(patients).toEqual(patients.filter((name) => name === '14-13412'))
  })
})
