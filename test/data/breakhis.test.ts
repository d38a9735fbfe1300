import { readFileSync } from 'node:fs'
import { expect, it, describe } from 'vitest'
import {
  countGroups,
  parseBreaKHisName,
  publishedTableI,
  recordsFromNames,
  tableI,
  type ImageRecord,
} from '../../src/data/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { namesLikeBreaKHis } from './breakhisNames.js'

describe('parseBreaKHisName', () => {
  it('reads every part', () => {
    expect(parseBreaKHisName('SOB_M_DC-14-13412-100-001.png')).toEqual({
      id: 'SOB_M_DC-14-13412-100-001',
      label: 'malignant',
      subtype: 'DC',
      year: '14',
      patient: '14-13412',
      accession: '14-13412',
      slide: 'SOB_M_DC_14-13412',
      magnification: 100,
      sequence: 1,
    })
    const name = parseBreaKHisName('SOB_B_PT-15-22549AB-40-012.png')
    expect([name.label, name.patient, name.accession, name.year]).toEqual(['benign', '15-22549AB', '15-22549', '15'])
  })
  it.each([
    'photo.png',
    'SOB_M_DC-14-13412-100-001.jpg',
    'SOB_M_DC-14-13412-50-001.png',
    'SOB_B_DC-14-13412-100-001.png',
    'x/SOB_M_DC-14-13412-100-001.png',
    '',
  ])('refuses %j by name', (name) => {
    expect(() => parseBreaKHisName(name)).toThrow(expect.objectContaining({ name: 'DataError', source: name }))
  })
})

describe('recordsFromNames', () => {
  it('reads names, paths and lines of an official list, in the order of the ids', () => {
    const text =
      '\uFEFF\r\nSOB_M_DC-14-2523-40-002.png\r\n  dir/SOB_M_DC-14-2523-40-001.png \n\nSOB_B_A-14-22549AB-100-001.png|100|1|train\n'
    expect(recordsFromNames(text).map(({ id }) => id)).toEqual([
      'SOB_B_A-14-22549AB-100-001',
      'SOB_M_DC-14-2523-40-001',
      'SOB_M_DC-14-2523-40-002',
    ])
  })
  it.each([
    ['SOB_M_DC-14-2523-40-001.png\nREADME', 'README: is not the name of a PNG'],
    ['SOB_M_DC-14-2523-50-001.png', 'SOB_M_DC-14-2523-50-001.png: not a BreaKHis name'],
    ['a/SOB_M_DC-14-2523-40-001.png\nb/SOB_M_DC-14-2523-40-001.png', 'has the same name as a/SOB_M'],
    ['\n', 'list: no BreaKHis images'],
  ])('refuses %j', (text, message) => {
    expect(() => recordsFromNames(text)).toThrow(message)
  })
})

function holdTheFacts(records: readonly ImageRecord[]): void {
  expect(tableI(records)).toEqual(publishedTableI)
  expect(countGroups(records)).toEqual({ slides: 82, patients: 81, accessions: 70 })
}

describe('as many names as BreaKHis has', () => {
  it('give exactly Table I, 82 slides, 81 ids and 70 accessions', () => {
    holdTheFacts(recordsFromNames(namesLikeBreaKHis()))
    const { total, benign, malignant } = publishedTableI
    expect([total.patients, benign.patients, malignant.patients]).toEqual([82, 24, 58])
  })
})

describeShared('the official 7,909 names', () => {
  it.each([1, 2, 3, 4, 5])('of list %i give exactly Table I, 82 slides, 81 ids and 70 accessions', (fold) => {
    holdTheFacts(recordsFromNames(readFileSync(sharedData(`breakhis-folds/dsfold${fold}.txt`), 'utf8')))
  })
})

describe('countGroups', () => {
  it('counts what is known', () => {
    expect(countGroups([])).toEqual({ slides: 0, patients: 0, accessions: 0 })
    expect(
      countGroups([
        { id: 'a', label: 'benign', patient: 'p' },
        { id: 'b', label: 'benign', patient: 'q', accession: 'x' },
      ]),
    ).toEqual({ slides: 0, patients: 2, accessions: 1 })
  })
})

it('tableI keeps a subtype of any name, and takes as many subtypes as images', () => {
  const record = (i: number, subtype: string) => ({ id: `${i}`, label: 'benign' as const, patient: `${i}`, subtype })
  const { subtypes } = tableI([record(0, '__proto__'), record(1, 'constructor')])
  expect(Object.keys(subtypes)).toEqual(['__proto__', 'constructor'])
  const many = tableI(Array.from({ length: 100_000 }, (_, i) => record(i, `type ${i}`)))
  expect(Object.keys(many.subtypes)).toHaveLength(100_000)
})
