import { readFileSync } from 'node:fs'
import { expect, it, describe } from 'vitest'
import {
  auditLeakage,
  countGroups,
  parseBreaKHisName,
  publishedTableI,
  recordsFromNames,
  splitByList,
  tableI,
} from '../../src/data/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'

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

describeShared('the official 7,909 names', () => {
  const list = readFileSync(sharedData('breakhis-folds/dsfold1.txt'), 'utf8')
  const records = recordsFromNames(list)
  it('give exactly Table I, 82 slides, 81 ids and 70 accessions', () => {
    expect(tableI(records)).toEqual(publishedTableI)
    expect(countGroups(records)).toEqual({ slides: 82, patients: 81, accessions: 70 })
    const { total, benign, malignant } = publishedTableI
    expect([total.patients, benign.patients, malignant.patients]).toEqual([82, 24, 58])
  })
  it('split by the official folds, of which 1, 3 and 5 leak 14-13412', () => {
    for (let fold = 1; fold <= 5; fold++) {
      const split = splitByList(records, readFileSync(sharedData(`breakhis-folds/dsfold${fold}.txt`), 'utf8'))
      expect(split.train.length + split.test.length).toBe(7909)
      expect(auditLeakage(split).onBothSides.patients.map(({ name }) => name)).toEqual(
        fold % 2 === 1 ? ['14-13412'] : [],
      )
    }
  })
})
