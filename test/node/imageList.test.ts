import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { loadImageList, type LoadImageListOptions } from '../../src/node/imageList.js'
import { encodeImage } from '../../src/node/images.js'

const folders: string[] = []
/** A folder with images, and one beside it. */
let root: string
let other: string
beforeEach(async () => {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'list-')))
  folders.push(base)
  root = join(base, 'set')
  other = join(base, 'set-of-another')
  await mkdir(join(root, 'deep'), { recursive: true })
  await mkdir(other)
  await writeFile(join(root, 'a.png'), await png(1))
  await writeFile(join(root, 'deep', 'b, "2".png'), await png(2))
  await writeFile(join(other, 'secret.png'), await png(3))
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

const png = (value: number): Promise<Uint8Array> =>
  encodeImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value), maxValue: 255 }, 'x.png')

const csv = async (text: string | Uint8Array, name = 'list.csv'): Promise<string> => {
  const path = join(root, name)
  await writeFile(path, text)
  return path
}
const load = async (text: string | Uint8Array, options?: LoadImageListOptions): ReturnType<typeof loadImageList> =>
  loadImageList(await csv(text), options)
const rows = (...paths: string[]): string => `path,label,group\n${paths.map((p, i) => `${p},benign,p${i}\n`).join('')}`

describe('loadImageList', () => {
  it('reads paths relative to the list, with what else is known', async () => {
    const list = await csv(
      'path,label,group,magnification,subtype,slide,accession,sequence,note\na.png,Benign,p1,40X,A,s1,x1,7,good\n' +
        '"deep/b, ""2"".png",malignant,p2,,,,,,\n',
    )
    const source = await loadImageList(list)
    expect(source.kind).toBe('custom')
    expect(source.description).toBe(`list of 2 images of 2 patients, ${list}`)
    expect(source.records).toEqual([
      {
        id: 'a.png',
        label: 'benign',
        patient: 'p1',
        magnification: 40,
        subtype: 'A',
        slide: 's1',
        accession: 'x1',
        sequence: 7,
      },
      { id: 'deep/b, "2".png', label: 'malignant', patient: 'p2' },
    ])
    expect((await source.read(source.records[1]!)).data).toEqual(Uint8Array.of(2))
    expect(await source.readBytes!(source.records[0]!)).toEqual(Uint8Array.from(await png(1)))
    await expect(source.read({ id: 'c', label: 'benign', patient: 'p' })).rejects.toThrow('c: is not an image of list')
  })

  it('refuses more rows or columns than anybody has, as soon as they show', async () => {
    const long = `path,label,group\n${'a,benign,c\n'.repeat(1_000_001)}"never closed`
    await expect(load(long)).rejects.toThrow('list.csv: line 1000002: more than the 1000000 rows allowed')
    const wide = `path,label,group${',x'.repeat(998)}\n`
    await expect(load(wide)).rejects.toThrow('list.csv: line 1: 1001 columns, more than the 1000 allowed')
    const most = `path,label,group${Array.from({ length: 997 }, (_, i) => `,x${i}`).join('')}\n`
    expect((await load(`${most}a.png,benign,p${',1'.repeat(997)}`)).records).toHaveLength(1)
  })

  it.each([
    ['a byte order mark and CRLF', '\uFEFFpath,label,group\r\na.png,benign,p\r\n\r\n'],
    ['semicolons', 'path;label;group\na.png;benign;p\n'],
    ['tabs', 'Path\tLABEL\tGroup\na.png\tbenign\tp'],
    ['quotes and spaces', ' "label" , "path", group\n "benign" ,"a.png" , p\n'],
    ['a semicolon in a value', 'path,label,group,x\na.png,benign,p,1;2;3\n'],
  ])('understands %s', async (_, text) => {
    expect((await load(text)).records).toEqual([{ id: 'a.png', label: 'benign', patient: 'p' }])
  })

  it('takes names of columns, spellings of labels and another root', async () => {
    const list = await csv('file,Diagnosis,patient,key\ndeep/../a.png,0,p,mine\n', 'deep/other.csv')
    const source = await loadImageList(list, {
      root,
      columns: { path: 'File', label: 'diagnosis', group: 'patient', id: 'key' },
      labels: { benign: ['0'], malignant: ['1'] },
    })
    expect(source.records).toEqual([{ id: 'mine', label: 'benign', patient: 'p' }])
    await expect(load('path,label,group\na.png,0,p')).rejects.toThrow('line 2: label "0" is neither')
    await expect(loadImageList(list, { columns: { file: 'x' } as never })).rejects.toThrow('options.columns must name')
    await expect(load(rows('a.png'), { columns: { id: 'key' } })).rejects.toThrow('line 1: no column "key"')
  })

  it('takes entries as objects, relative to root', async () => {
    const entries = [{ path: 'a.png', label: 'malignant', group: 3 }]
    const source = await loadImageList(entries, { root })
    expect(source.description).toBe(`list of 1 images of 1 patients, files of ${root}`)
    expect((await source.read(source.records[0]!)).data[0]).toBe(1)
    await expect(loadImageList([{ id: 'x', label: 'benign', group: 'p' }], { root })).rejects.toThrow(
      'entries: row 1: has no path',
    )
  })

  it.each([
    ['', 'line 1: no column "path"; its columns are none'],
    ['path,label\na.png,benign', 'line 1: no column "group"; its columns are path, label'],
    ['path,label,group,Path\na.png,benign,p,b', 'line 1: two columns "path"'],
    ['path,label,group\n', 'no rows below the column names'],
    ['path,label,group\na.png,benign\n', /Invalid Record Length.* on line 2/],
    ['path,label,group\n"a.png,benign,p\n', /Quote Not Closed/],
    ['path,label,group\na.png,benign,p\n\na.png,benign,p\n', 'line 4: id "a.png" is that of line 2'],
    ['path,label,group\na.png,benign,p\n./a.png,benign,p\n', /line 3: .*a\.png is listed already, in line 2/],
    ['path,label,group\na.png,benign,\n', 'line 2: "a.png" has no group'],
    ['path,label,group\na.png,sick,p\n', 'line 2: label "sick" is neither benign nor malignant'],
    ['path,label,group\n"a\n.png",benign,p\n', 'line 3: path "a\\n.png" holds a control character'],
    ['path,label,group\na.png\0,benign,p\n', 'line 2: path "a.png\\u0000" holds a control character'],
    [Uint8Array.of(0xff, 0xfe, 0x70, 0), 'is not text in UTF-8'],
  ])('names what is wrong with a list: %#', async (text, problem) => {
    await expect(load(text)).rejects.toThrow(
      expect.objectContaining({
        name: 'DataError',
        source: join(root, 'list.csv'),
        message: typeof problem === 'string' ? expect.stringContaining(problem) : expect.stringMatching(problem),
      }),
    )
  })

  it('names the first file that is not there, and its line', async () => {
    await expect(load(rows('a.png', 'no.png', 'neither.png'))).rejects.toThrow(
      `${join(root, 'list.csv')}: line 3: "no.png": no such file: ${join(root, 'no.png')}`,
    )
    await expect(load(rows('a.png/x.png'))).rejects.toThrow('line 2: "a.png/x.png": no such file')
    await symlink('loop.png', join(root, 'loop.png'))
    await expect(load(rows('loop.png'))).rejects.toThrow('line 2: "loop.png": is a link that leads to itself')
  })

  it('lets no path out of the root: upwards, absolute, by a link, to a neighbour of like name', async () => {
    await symlink(join(other, 'secret.png'), join(root, 'file-link.png'))
    await symlink(other, join(root, 'folder-link'))
    const hostile = [
      '../set-of-another/secret.png',
      'deep/../../set-of-another/secret.png',
      join(other, 'secret.png'),
      '/etc/passwd',
      '/dev/zero',
      '../no-such-file.png',
      'file-link.png',
      'folder-link/secret.png',
    ]
    for (const path of hostile) {
      await expect(load(rows('a.png', path)), path).rejects.toThrow(
        expect.objectContaining({
          name: 'DataError',
          message: `${join(root, 'list.csv')}: line 3: ${JSON.stringify(path)} leads out of ${root} (allowed by outside: 'allow')`,
        }),
      )
    }
    // What stays inside is no traversal, however it is written.
    const inner = await load(rows('deep/../a.png'))
    expect((await inner.read(inner.records[0]!)).data[0]).toBe(1)
    expect((await load(rows(join(root, 'a.png')))).records.length).toBe(1)
    await symlink(join(root, 'a.png'), join(root, 'inner-link.png'))
    expect((await load(rows('inner-link.png'))).records.length).toBe(1)
    await expect(load(rows('a.png', 'inner-link.png'))).rejects.toThrow('is listed already, in line 2')
  })

  it('lets paths out where that is asked for', async () => {
    await symlink(other, join(root, 'folder-link'))
    for (const path of ['../set-of-another/secret.png', join(other, 'secret.png'), 'folder-link/secret.png']) {
      const source = await load(rows(path), { outside: 'allow' })
      expect((await source.read(source.records[0]!)).data[0]).toBe(3)
    }
    await expect(load(rows('a.png'), { outside: 'yes' as 'allow' })).rejects.toThrow('options.outside')
  })

  it('reaches the root through a link too', async () => {
    const link = join(root, '..', 'link-to-set')
    await symlink(root, link)
    await csv(rows('a.png', join(link, 'deep', 'c.png')))
    await writeFile(join(root, 'deep', 'c.png'), await png(4))
    expect((await loadImageList(join(link, 'list.csv'))).records.length).toBe(2)
    expect((await loadImageList(relative('.', join(link, 'list.csv')))).records.length).toBe(2)
  })

  it('bounds the length of list and files, and refuses what is no plain file', async () => {
    await expect(load(rows('a.png'), { maxListBytes: 10 })).rejects.toThrow(
      /list\.csv: has \d+ bytes, more than the 10/,
    )
    await expect(load(rows('a.png'), { maxListBytes: 0 })).rejects.toThrow('options.maxListBytes')
    const source = await load(rows('a.png'), { maxBytes: 20 })
    await expect(source.read(source.records[0]!)).rejects.toThrow(/a\.png: has \d+ bytes, more than the 20 allowed/)
    await expect(source.readBytes!(source.records[0]!)).rejects.toThrow(/a\.png: has \d+ bytes/)
    await expect(loadImageList(join(root, 'no.csv'))).rejects.toThrow('no.csv: no such file')
    await expect(loadImageList(root)).rejects.toThrow('is a folder, not a file')
    await expect(loadImageList([], { root })).rejects.toThrow('entries: lists no images')
    await expect(loadImageList([{ path: 'a', label: 'benign', group: 'p' }], { root: 'no/such' })).rejects.toThrow(
      'no/such: no such folder',
    )
    execFileSync('mkfifo', [join(root, 'pipe.csv')])
    await expect(loadImageList(join(root, 'pipe.csv'))).rejects.toThrow('pipe.csv: is no plain file')
  })

  it('finds the first wrong row of many, and stops on a signal', async () => {
    const entries = Array.from({ length: 100 }, (_, i) => ({
      id: `${i}`,
      path: `${i}.png`,
      label: 'benign',
      group: 'p',
    }))
    await expect(loadImageList(entries, { root })).rejects.toThrow('entries: row 1: "0.png": no such file')
    await expect(loadImageList(entries, { root, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})
