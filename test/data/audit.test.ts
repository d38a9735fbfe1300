import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auditLeakage, parseBreaKHisName, splitByList, type ImageRecord } from '../../src/data/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'

const image = (id: string, rest: Partial<ImageRecord> = {}): ImageRecord => ({
  id,
  label: 'benign',
  patient: 'p1',
  ...rest,
})

describe('auditLeakage', () => {
  it('counts the images of each name on both sides', () => {
    const audit = auditLeakage({
      train: [
        image('a', { slide: 's1', accession: 'x' }),
        image('b', { slide: 's1', accession: 'x' }),
        image('c', { patient: 'p2', slide: 's2', accession: 'y' }),
        image('twice', { patient: 'p3' }),
      ],
      test: [
        image('d', { slide: 's3', accession: 'x' }),
        image('e', { patient: 'p2b', slide: 's2', accession: 'y' }),
        image('twice', { patient: 'p3' }),
      ],
    })
    expect(audit.onBothSides).toEqual({
      images: [{ name: 'twice', train: 1, test: 1 }],
      slides: [{ name: 's2', train: 1, test: 1 }],
      patients: [
        { name: 'p1', train: 2, test: 1 },
        { name: 'p3', train: 1, test: 1 },
      ],
      accessions: [
        { name: 'x', train: 2, test: 1 },
        { name: 'y', train: 1, test: 1 },
      ],
    })
    expect(audit.collisions).toEqual([
      { kind: 'accession', name: 'y', members: ['p2', 'p2b'], images: 2, acrossSides: true },
      // s1 is of one patient, though he is on both sides.
      { kind: 'slide', name: 's2', members: ['p2', 'p2b'], images: 2, acrossSides: true },
    ])
    expect(audit).toMatchObject({ leakedTestImages: 2, testImages: 3, clean: false })
    expect(JSON.parse(JSON.stringify(audit))).toEqual(audit)
  })

  it('is clean of disjoint sides, whatever is unknown', () => {
    const audit = auditLeakage({ train: [image('a')], test: [image('b', { patient: 'p2' })] })
    expect(audit).toMatchObject({ collisions: [], leakedTestImages: 0, testImages: 1, clean: true })
  })

  it('names a patient with two diagnoses, and how many image numbers its slides share', () => {
    const under = (subtype: string, sequence: number, rest: Partial<ImageRecord> = {}): ImageRecord =>
      image(`${subtype}-${sequence}`, { subtype, sequence, magnification: 40, slide: `s_${subtype}`, ...rest })
    const twoSlides = [under('DC', 1), under('DC', 2), under('DC', 3, { slide: 's_DC2' })]
    expect(auditLeakage({ train: twoSlides, test: [] }).collisions).toEqual([])
    expect(
      auditLeakage({ train: [...twoSlides, under('LC', 1)], test: [under('LC', 2), under('LC', 7)] }).collisions,
    ).toEqual([
      {
        kind: 'patient',
        name: 'p1',
        members: ['s_DC', 's_DC2', 's_LC'],
        diagnoses: ['benign DC', 'benign LC'],
        images: 6,
        sameNumbers: 2,
        acrossSides: true,
      },
    ])
    const noSlides = [image('a'), image('b', { label: 'malignant' })]
    expect(auditLeakage({ train: noSlides, test: [] }).collisions).toEqual([
      {
        kind: 'patient',
        name: 'p1',
        members: ['benign', 'malignant'],
        diagnoses: ['benign', 'malignant'],
        images: 2,
        acrossSides: false,
      },
    ])
  })

  it('takes an unknown tumour type for no second one', () => {
    const unknown = image('a')
    const known = [image('b', { subtype: 'A' }), image('c', { subtype: 'A' })]
    expect(auditLeakage({ train: [unknown, ...known], test: [] }).collisions).toEqual([])
    const other = image('d', { subtype: 'F' })
    expect(auditLeakage({ train: [unknown, ...known], test: [other] }).collisions).toMatchObject([
      { diagnoses: ['benign A', 'benign F'], images: 4, acrossSides: true },
    ])
  })

  it('takes names of every object for names', () => {
    const odd = ['constructor', '__proto__', 'toString'].map((name) => image(name, { patient: name, accession: name }))
    expect(auditLeakage({ train: odd, test: odd }).onBothSides.patients.map(({ name }) => name)).toEqual([
      '__proto__',
      'constructor',
      'toString',
    ])
  })
})

describeShared('the audit of the official names', () => {
  const list = (fold: number): string => readFileSync(sharedData(`breakhis-folds/dsfold${fold}.txt`), 'utf8')
  const records = list(1)
    .trim()
    .split('\n')
    .map((line) => parseBreaKHisName(line.split('|')[0]!))

  it('finds 14-13412 on both sides of the folds 1, 3 and 5, and nothing else of a patient', () => {
    for (const fold of [1, 2, 3, 4, 5]) {
      const { onBothSides } = auditLeakage(splitByList(records, list(fold)))
      expect(onBothSides.images).toEqual([])
      expect(onBothSides.slides).toEqual([])
      expect(onBothSides.patients).toEqual(fold % 2 === 0 ? [] : [{ name: '14-13412', train: 123, test: 123 }])
    }
  })

  it('finds the slide that stands under two tumour types, with 121 of 123 image numbers in common', () => {
    const { collisions } = auditLeakage({ train: records, test: [] })
    expect(collisions.filter(({ kind }) => kind === 'patient')).toEqual([
      {
        kind: 'patient',
        name: '14-13412',
        members: ['SOB_M_DC_14-13412', 'SOB_M_LC_14-13412'],
        diagnoses: ['malignant DC', 'malignant LC'],
        images: 246,
        sameNumbers: 121,
        acrossSides: false,
      },
    ])
    const accessions = collisions.filter(({ kind }) => kind === 'accession')
    expect(accessions.find(({ name }) => name === '14-22549')?.members).toEqual([
      '14-22549AB',
      '14-22549CD',
      '14-22549G',
    ])
    // 81 ids, 70 accessions.
    expect(accessions.reduce((surplus, { members }) => surplus + members.length - 1, 0)).toBe(81 - 70)
  })
})
