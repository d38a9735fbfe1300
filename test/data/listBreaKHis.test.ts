import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { listBreaKHis, publishedTableI, tableI } from '../../src/data/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'

const benign = 'SOB_B_A-14-22549AB-40-001.png'
const malignant = 'SOB_M_DC-14-13412-100-001.png'

describe('listBreaKHis', () => {
  it('finds the images among paths, in the order of their ids', () => {
    const paths = ['x/README.txt', `b\\c\\${malignant}`, `a/.${benign}`, `a/b/${benign.replace('png', 'PNG')}`]
    expect(listBreaKHis(paths).map(({ record, from, index }) => [record.id, from, index])).toEqual([
      [benign.slice(0, -4), paths[3], 3],
      [malignant.slice(0, -4), paths[1], 1],
    ])
    expect(listBreaKHis(paths, { magnifications: [100] }).map(({ index }) => index)).toEqual([1])
  })

  it('takes the name as it stands but for .PNG: no image enters twice', () => {
    expect(() => listBreaKHis([`a/${benign}`, `b/${benign.replace('png', 'PNG')}`])).toThrow(
      `b/${benign.replace('png', 'PNG')}: has the same name as a/${benign}`,
    )
    for (const name of [benign.toLowerCase(), 'SOB_B_DC-14-1-40-001.png', 'photo.Png']) {
      expect(() => listBreaKHis([benign, `sub/${name}`])).toThrow(
        expect.objectContaining({ name: 'DataError', source: `sub/${name}` }),
      )
    }
  })

  it('says what is missing', () => {
    expect(() => listBreaKHis(['a.txt'], { source: 'my folder' })).toThrow('my folder: no BreaKHis images (PNG)')
    expect(() => listBreaKHis([benign, malignant], { magnifications: [400, 200] })).toThrow(
      'names: no images at 400, 200x; the 2 images there are at 40, 100x',
    )
    for (const magnifications of [[], [50 as 40]]) {
      expect(() => listBreaKHis([benign], { magnifications })).toThrow('options.magnifications')
    }
  })
})

describeShared('listBreaKHis of the official 7,909 names', () => {
  it('gives Table I', () => {
    const names = readFileSync(sharedData('breakhis-folds/dsfold1.txt'), 'utf8').trim().split('\n')
    const listed = listBreaKHis(names.map((line) => line.split('|')[0]!))
    expect(tableI(listed.map(({ record }) => record))).toEqual(publishedTableI)
  })
})
