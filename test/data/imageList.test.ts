import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imageList, type ImageEntry, type ImageListOptions } from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'

const dot: PixelImage = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7), maxValue: 255 }
const list = (
  entries: readonly unknown[],
  options: Partial<ImageListOptions<ImageEntry>> = {},
): ReturnType<typeof imageList> => imageList(entries as ImageEntry[], { read: () => dot, ...options })
const good = { path: 'a.png', label: 'benign', group: 'p1' }

describe('imageList', () => {
  it('makes records of entries, and hands each entry to the reader', async () => {
    const entries = [
      { ...good, secret: 1 },
      { id: 'b', path: 'deep/b.png', label: 'MALIGNANT', group: 7, magnification: '100X', sequence: '012', secret: 2 },
      {
        id: 'c',
        label: ' Benign ',
        group: 'p1',
        magnification: 40,
        subtype: 'A',
        slide: 's',
        accession: 'x',
        secret: 3,
      },
    ]
    const seen: number[] = []
    const source = imageList(entries, {
      read: (entry, record) => {
        seen.push(entry.secret)
        return { ...dot, data: Uint8Array.of(record.id.length) }
      },
      readBytes: (entry) => Uint8Array.of(entry.secret),
    })
    expect(source.kind).toBe('custom')
    expect(source.description).toBe('list of 3 images')
    expect(source.records).toEqual([
      { id: 'a.png', label: 'benign', patient: 'p1' },
      { id: 'b', label: 'malignant', patient: '7', magnification: 100, sequence: 12 },
      { id: 'c', label: 'benign', patient: 'p1', magnification: 40, subtype: 'A', slide: 's', accession: 'x' },
    ])
    expect((await source.read(source.records[0]!)).data[0]).toBe(5)
    // Records come back by id, so copies of them work too.
    expect((await source.read({ ...source.records[2]! })).data[0]).toBe(1)
    expect(await source.readBytes!(source.records[1]!)).toEqual(Uint8Array.of(2))
    expect(seen).toEqual([1, 3])
    const other = { id: 'other', label: 'benign', patient: 'p' } as const
    await expect(source.read(other)).rejects.toThrow('other: is not an image of list of 3 images')
    await expect(source.readBytes!(other)).rejects.toThrow('other: is not an image of')
    expect(list([good]).readBytes).toBeUndefined()
  })

  it('rejects with what the reader throws', async () => {
    const source = list([good], {
      read: () => {
        throw new TypeError('my own')
      },
    })
    await expect(source.read(source.records[0]!)).rejects.toThrow('my own')
  })

  it('takes spellings of the caller for the classes, exactly, and guesses none', () => {
    const labels = { benign: ['0', 'B'], malignant: ['1', 'M'] }
    const written = [0, '1', 'B', 'M', 'Benign']
    const entries = written.map((label, i) => ({ id: `${i}`, label, group: 'p' }))
    expect(list(entries, { labels }).records.map(({ label }) => label)).toEqual([
      'benign',
      'malignant',
      'benign',
      'malignant',
      'benign',
    ])
    expect(() => list([{ ...good, label: 'b' }], { labels })).toThrow('row 1: label "b" is neither')
    expect(() => list([{ ...good, label: '1' }])).toThrow(
      'entries: row 1: label "1" is neither benign nor malignant (other spellings: options.labels)',
    )
    for (const wrong of [{ benign: ['x'], malignant: ['x'] }, { benign: ['Malignant'] }, { malignant: [' '] }]) {
      expect(() => list([good], { labels: wrong })).toThrow(
        expect.objectContaining({ name: 'ArgumentError', argument: expect.stringContaining('options.labels.') }),
      )
    }
  })

  it.each([
    [[], 'lists no images'],
    [[good, null], 'row 2: is no entry'],
    [[good, { label: 'benign', group: 'p' }], 'row 2: has neither id nor path'],
    [[good, { ...good, path: 'b', group: ' ' }], 'row 2: "b" has no group'],
    [[good, { path: 'b', group: 'p' }], 'row 2: "b" has no label'],
    [[good, good], 'row 2: id "a.png" is that of row 1'],
    [[good, { ...good, id: 'b' }], 'row 2: path "a.png" is that of row 1'],
    [
      [
        { ...good, id: 'x' },
        { ...good, path: 'x' },
      ],
      'row 2: id "x" is that of row 1',
    ],
    [[{ ...good, magnification: 20 }], 'row 1: magnification "20" is none of 40, 100, 200, 400'],
    [[{ ...good, magnification: '040' }], 'row 1: magnification "040"'],
    [[{ ...good, sequence: -1 }], 'row 1: sequence "-1" is no whole number'],
    [[{ ...good, group: 'a\nb' }], 'row 1: group "a\\nb" holds a control character'],
    [[{ ...good, path: 'a\0.png' }], 'row 1: path "a\\u0000.png" holds a control character'],
    [[{ ...good, label: 'x'.repeat(1000) }], /^entries: row 1: label "x{117}\.\.\." is neither/],
  ])('refuses %j: %s', (entries, problem) => {
    expect(() => list(entries)).toThrow(
      expect.objectContaining({
        name: 'DataError',
        source: 'entries',
        message:
          typeof problem === 'string' ? expect.stringContaining(`entries: ${problem}`) : expect.stringMatching(problem),
      }),
    )
  })

  it('names the list and the row as told', () => {
    expect(() => list([good, good], { source: 'mine.csv', rowName: (i) => `line ${i + 2}` })).toThrow(
      'mine.csv: line 3: id "a.png" is that of line 2',
    )
  })

  it('keeps order and number of any list without duplicates', () => {
    const entry = fc.record({
      label: fc.constantFrom('benign', 'Malignant'),
      group: fc.stringMatching(/^\w{1,4}$/),
      path: fc.stringMatching(/^[a-z]{1,6}$/),
    })
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ path }) => path, minLength: 1 }), (entries) => {
        const { records } = list(entries)
        expect(records.map(({ id, patient, label }) => [id, patient, label])).toEqual(
          entries.map(({ path, group, label }) => [path, group, label.toLowerCase()]),
        )
      }),
    )
  })
})
