import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  auditImages,
  auditRecords,
  splitByGroup,
  splitRecords,
  syntheticHistology,
  type ImageRecord,
  type ImageSource,
  type Split,
} from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import type { PixelImage } from '../../src/image.js'
import { encodeImage, loadBreaKHis } from '../../src/node/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'

const drawn = syntheticHistology({ patients: 8, imagesPerPatient: 3, width: 64, height: 64 })
const [first, second] = drawn.records as [ImageRecord, ImageRecord]

/** The drawn images, with more records that show one of them again, after a change. */
function withCopies(
  copies: readonly { record: ImageRecord; of: ImageRecord; change?: (i: PixelImage) => PixelImage }[],
): ImageSource {
  return {
    ...drawn,
    records: [...drawn.records, ...copies.map(({ record }) => record)],
    read: async (record) => {
      const copy = copies.find((each) => each.record === record)
      const image = await drawn.read(copy?.of ?? record)
      return copy?.change?.(image) ?? image
    },
  }
}
const brighter = (image: PixelImage): PixelImage => ({ ...image, data: image.data.map((v) => Math.min(255, v + 3)) })
const stranger = (id: string): ImageRecord => ({ id, label: 'malignant', patient: 'stranger' })
const sides = (
  kind: Split['kind'],
  records: readonly ImageRecord[],
  inTest: (r: ImageRecord) => boolean,
): Pick<Split, 'kind' | 'train' | 'test'> => ({
  kind,
  train: records.filter((record) => !inTest(record)),
  test: records.filter(inTest),
})

describe('auditImages', () => {
  it('finds nothing wrong with different images and a split by patient', async () => {
    const seen: number[] = []
    const audit = await auditImages(drawn, {
      split: (records) => splitRecords(records, 'patient', { seed: 1 }),
      onProgress: ({ done }) => void seen.push(done),
    })
    expect(audit).toMatchObject({
      images: 24,
      patients: 8,
      duplicates: [],
      leaks: [],
      unreadable: [],
      pictures: { compared: 24, blank: 0, crowded: 0 },
    })
    expect(audit.split!.train + audit.split!.test).toBe(24)
    expect(seen).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
    expect(JSON.parse(JSON.stringify(audit))).toEqual(audit)
  })

  it('finds copies across the sides, under another patient and another diagnosis', async () => {
    const source = withCopies([
      { record: stranger('z-same'), of: first },
      { record: stranger('z-similar'), of: second, change: brighter },
    ])
    const { duplicates, leaks } = await auditImages(source, {
      split: sides('patient', source.records, ({ patient }) => patient === 'stranger'),
    })
    expect(duplicates).toEqual([
      {
        kind: 'pixels',
        images: [first.id, 'z-same'],
        turned: false,
        patients: [first.patient, 'stranger'],
        labels: [...new Set([first.label, 'malignant'])].sort(),
        train: 1,
        test: 1,
        acrossSides: true,
        nested: false,
      },
      expect.objectContaining({ kind: 'perceptual', images: [second.id, 'z-similar'], acrossSides: true }),
    ])
    expect(leaks).toEqual([
      { kind: 'duplicate', match: 'pixels', images: [first.id, 'z-same'], train: 1, test: 1 },
      { kind: 'duplicate', match: 'perceptual', images: [second.id, 'z-similar'], train: 1, test: 1 },
    ])
  })

  it('lists copies on one side, which leak nothing', async () => {
    const source = withCopies([{ record: stranger('z-same'), of: first }])
    const other = drawn.records.at(-1)!.patient
    const { duplicates, leaks } = await auditImages(source, {
      split: sides('patient', source.records, ({ patient }) => patient === other),
    })
    expect(duplicates).toMatchObject([{ images: [first.id, 'z-same'], train: 2, test: 0, acrossSides: false }])
    expect(leaks).toEqual([])
  })

  it('tells a picture in three encodings once among the leaks', async () => {
    const source = withCopies([
      { record: stranger('z-same'), of: first },
      { record: stranger('z-similar'), of: first, change: brighter },
    ])
    const { duplicates, leaks } = await auditImages(source, {
      split: sides('image', source.records, ({ patient }) => patient === 'stranger'),
    })
    expect(duplicates.map(({ kind, nested }) => [kind, nested])).toEqual([
      ['pixels', true],
      ['perceptual', false],
    ])
    expect(leaks).toEqual([
      { kind: 'duplicate', match: 'perceptual', images: [first.id, 'z-same', 'z-similar'], train: 1, test: 2 },
    ])
  })

  it('compares files only where the pixels are identical', async () => {
    const files = new Map<string, Uint8Array>()
    for (const { id } of drawn.records) files.set(id, Uint8Array.of(1, 2, 3))
    const asked: string[] = []
    const source: ImageSource = {
      ...withCopies([
        { record: stranger('z-same'), of: first },
        { record: stranger('z-other'), of: first },
      ]),
      readBytes: async ({ id }) => {
        asked.push(id)
        return id === 'z-other' ? Uint8Array.of(4) : files.get(first.id)!
      },
    }
    const { duplicates } = await auditImages(source)
    expect(duplicates).toMatchObject([
      { kind: 'bytes', images: [first.id, 'z-same'] },
      { kind: 'pixels', images: [first.id, 'z-other', 'z-same'] },
    ])
    expect(asked.toSorted()).toEqual([first.id, 'z-other', 'z-same'].toSorted())
  })

  it('stops at an unreadable image, or leaves it out and lists it', async () => {
    const source: ImageSource = {
      ...drawn,
      read: async (record) => {
        if (record.id === second.id) throw new DataError(record.id, 'cannot be decoded')
        return drawn.read(record)
      },
    }
    await expect(auditImages(source)).rejects.toThrow(`${second.id}: cannot be decoded`)
    const audit = await auditImages(source, {
      onCorrupt: 'skip',
      split: (records) => splitRecords(records, 'image', { seed: 2 }),
    })
    expect(audit).toMatchObject({ images: 23, pictures: { compared: 23 } })
    expect(audit.unreadable).toEqual([{ image: second.id, problem: `${second.id}: cannot be decoded` }])
    expect(audit.split!.train + audit.split!.test).toBe(23)
  })

  it('stops when it is told to', async () => {
    await expect(auditImages(drawn, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
})

describe('auditRecords', () => {
  const record = (id: string, patient: string, accession: string): ImageRecord => ({
    id,
    label: 'benign',
    patient,
    accession,
  })
  const train = [record('a', '1A', '1'), record('b', '2', '2')]

  it('looks at names alone', () => {
    expect(auditRecords(train)).toMatchObject({
      images: 2,
      slides: 0,
      patients: 2,
      accessions: 2,
      pictures: null,
      split: null,
      duplicates: [],
      leaks: [],
    })
  })

  it('calls a leak what the split promises to keep apart', () => {
    const test = [record('c', '1B', '1'), record('d', '2', '2')]
    const leaks = (kind: Split['kind']): unknown =>
      auditRecords([...train, ...test], { split: { kind, train, test } }).leaks
    const patients = [{ kind: 'patient', name: '2', train: 1, test: 1 }]
    for (const kind of ['image', 'patient', 'official'] as const) expect(leaks(kind)).toEqual(patients)
    expect(leaks('group')).toEqual([])
    expect(leaks('accession')).toEqual([
      ...patients,
      { kind: 'accession', name: '1', train: 1, test: 1 },
      { kind: 'accession', name: '2', train: 1, test: 1 },
    ])
    expect(auditRecords(train, { split: { kind: 'group', train, test: train.slice(1) } }).leaks).toEqual([
      { kind: 'image', name: 'b', train: 1, test: 1 },
    ])
  })

  it('finds a slide on both sides under two patients, whatever keeps them apart', () => {
    const slides = [record('a', 'p1', '1'), record('b', 'p2', '2'), record('c', 'p3', '3'), record('d', 'p4', '4')]
    const records = slides.map((each, i): ImageRecord => ({ ...each, slide: `s${i % 2}` }))
    const [learned, judged] = [records.slice(0, 2), records.slice(2)]
    const of = (kind: Split['kind']): ReturnType<typeof auditRecords> =>
      auditRecords(records, { split: { kind, train: learned, test: judged } })
    for (const kind of ['patient', 'accession', 'official'] as const) {
      expect(of(kind).leaks).toEqual([
        { kind: 'slide', name: 's0', train: 1, test: 1 },
        { kind: 'slide', name: 's1', train: 1, test: 1 },
      ])
      expect(of(kind).split!.testImagesInLeaks).toBe(2)
    }
    for (const kind of ['image', 'group'] as const) {
      expect(of(kind).leaks).toEqual([])
      expect(of(kind).split!.testImagesInLeaks).toBe(0)
    }
    expect(of('image').collisions).toEqual([
      { kind: 'slide', name: 's0', members: ['p1', 'p3'], images: 2, acrossSides: true },
      { kind: 'slide', name: 's1', members: ['p2', 'p4'], images: 2, acrossSides: true },
    ])
  })

  it('counts a test image of several leaks once', () => {
    const test = [record('a', '2', '2'), record('c', '2', '2'), record('d', '9', '9')]
    const { leaks, split } = auditRecords([...train, ...test], { split: { kind: 'accession', train, test } })
    expect(leaks.map(({ kind }) => kind)).toEqual(['image', 'patient', 'accession'])
    expect(split!.testImagesInLeaks).toBe(2)
  })

  it('counts of how many images slide and accession are not known', () => {
    const partly: ImageRecord[] = [...train, { id: 'c', label: 'benign', patient: '3' }]
    expect(auditRecords(partly)).toMatchObject({
      slides: 0,
      accessions: 2,
      unknown: { slides: 3, accessions: 1 },
    })
  })

  it('finds every split by patient or accession clean', () => {
    const records = drawn.records.map((each) => ({ ...each, accession: each.patient }))
    for (const by of ['patient', 'accession'] as const) {
      const split = splitByGroup(records, { by, seed: 3 })
      expect(auditRecords(records, { split }).leaks).toEqual([])
    }
  })
})

describeShared('the audit of a folder', () => {
  it('finds a file filed twice and one encoded again, on both sides and within one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-'))
    try {
      const { records, read, readBytes } = await loadBreaKHis(sharedData('BreaKHis_v1'))
      const chosen = records.filter(({ magnification }) => magnification === 40)
      const put = async (name: string, bytes: Uint8Array): Promise<void> => {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), bytes)
      }
      for (const record of chosen) await put(`${record.id}.png`, await readBytes!(record))
      const [a, b] = chosen as [ImageRecord, ImageRecord]
      await put('copies/SOB_M_LC-14-13412-40-901.png', await readBytes!(a))
      await put(
        `copies/${b.id.replace(/-\d+$/, '-902')}.png`,
        await encodeImage(await read(b), 'b.jpg', { quality: 60 }),
      )
      const source = await loadBreaKHis(folder)
      const { duplicates, leaks } = await auditImages(source, {
        split: sides('patient', source.records, ({ patient }) => patient === '14-13412'),
      })
      expect(duplicates.map(({ kind, images, acrossSides }) => [kind, images, acrossSides])).toEqual([
        ['bytes', [a.id, 'SOB_M_LC-14-13412-40-901'], true],
        ['perceptual', [b.id, b.id.replace(/-\d+$/, '-902')], false],
      ])
      expect(leaks).toMatchObject([{ kind: 'duplicate', images: [a.id, 'SOB_M_LC-14-13412-40-901'] }])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
