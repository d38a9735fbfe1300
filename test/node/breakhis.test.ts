import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { checkImages, syntheticHistology, tableI } from '../../src/data/index.js'
import { loadBreaKHis } from '../../src/node/breakhis.js'
import { encodeImage } from '../../src/node/images.js'
import { describeShared, sharedData } from '../helpers/shared.js'

const folders: string[] = []
let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'breakhis-'))
  folders.push(root)
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

const png = await encodeImage(
  { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6), maxValue: 255 },
  'x.png',
)
const names = ['SOB_B_A-14-22549AB-40-001.png', 'SOB_M_DC-14-13412-100-001.png', 'SOB_M_DC-14-13412-40-002.png']
async function fill(): Promise<void> {
  await mkdir(join(root, 'benign', 'SOB'), { recursive: true })
  await writeFile(join(root, 'benign', 'SOB', names[0]!), png)
  await writeFile(join(root, names[1]!), png)
  await writeFile(join(root, names[2]!), png)
  await writeFile(join(root, 'README.txt'), 'no image')
  await writeFile(join(root, '._SOB_B_A-14-22549AB-40-001.png'), 'a file manager left this')
}

describe('loadBreaKHis', () => {
  it('lists any layout in the order of ids, once despite linked folders', async () => {
    await fill()
    await symlink(root, join(root, 'benign', 'loop'))
    const source = await loadBreaKHis(root)
    expect(source.records.map((r) => `${r.id}.png`)).toEqual(names.toSorted())
    expect(source.kind).toBe('breakhis')
    expect(source.skipped).toEqual([])
    expect([...(await source.read(source.records[0]!)).data]).toEqual([1, 2, 3, 4, 5, 6])
    const other = syntheticHistology().records[0]!
    await expect(source.read(other)).rejects.toThrow(`${other.id}: is not an image of`)
  })
  it('chooses magnifications', async () => {
    await fill()
    const source = await loadBreaKHis(root, { magnifications: [40] })
    expect(source.records.length).toBe(2)
    await expect(loadBreaKHis(root, { magnifications: [400, 200] })).rejects.toThrow(
      'no images at 400, 200x; the 3 images there are at 40, 100x',
    )
    for (const magnifications of [[], [50]])
      await expect(loadBreaKHis(root, { magnifications: magnifications as 40[] })).rejects.toThrow(
        'options.magnifications',
      )
  })
  it('names missing, empty and wrong folders, names outside the grammar, and duplicates', async () => {
    await expect(loadBreaKHis(join(root, 'no'))).rejects.toThrow(`${join(root, 'no')}: no such folder`)
    await expect(loadBreaKHis(root)).rejects.toThrow(`${root}: no BreaKHis images`)
    await fill()
    await expect(loadBreaKHis(join(root, names[1]!))).rejects.toThrow('is not a folder')
    const bad = join(root, 'benign', 'SOB_B_A-14-22549AB-041-001.png')
    await writeFile(bad, png)
    await expect(loadBreaKHis(root)).rejects.toThrow(
      expect.objectContaining({
        name: 'DataError',
        source: bad,
        message: expect.stringMatching(/not a BreaKHis name/),
      }),
    )
    await rm(bad)
    await writeFile(join(root, 'benign', names[1]!), png)
    await expect(loadBreaKHis(root)).rejects.toThrow('has the same name as')
  })
  it('stops at a corrupt image, or leaves it out when told to', async () => {
    await fill()
    const path = join(root, names[1]!)
    await writeFile(path, png.subarray(0, 60))
    const source = await loadBreaKHis(root)
    await expect(source.read(source.records.find((r) => r.magnification === 100)!)).rejects.toThrow(path)
    await expect(checkImages(source)).rejects.toThrow(expect.objectContaining({ name: 'DataError', source: path }))
    const seen: number[] = []
    const usable = await loadBreaKHis(root, { onCorrupt: 'skip', onProgress: (p) => seen.push(p.done) })
    expect(usable.records.length).toBe(2)
    expect(usable.skipped).toMatchObject([{ record: { id: names[1]!.slice(0, -4) } }])
    expect(usable.skipped[0]!.problem).toContain(path)
    expect(usable.description).toContain('1 unreadable left out')
    expect(seen).toEqual([1, 2, 3])
    expect((await usable.read(usable.records[0]!)).width).toBe(2)
  })
  it('says so when nothing can be read, and stops on a signal', async () => {
    await fill()
    for (const path of [join('benign', 'SOB', names[0]!), names[1]!, names[2]!]) await writeFile(join(root, path), '')
    await expect(loadBreaKHis(root, { onCorrupt: 'skip' })).rejects.toThrow('none of the 3 images can be read')
    await expect(loadBreaKHis(root, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    const source = await loadBreaKHis(root)
    await expect(checkImages(source, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    await expect(loadBreaKHis(root, { onCorrupt: 'maybe' as 'skip' })).rejects.toThrow('options.onCorrupt')
  })
})

describeShared('the real images', () => {
  it('192 in the official layout, of both classes and 38 patients', async () => {
    const source = await loadBreaKHis(sharedData('BreaKHis_v1'))
    const { total, benign, malignant } = tableI(source.records)
    expect(total.sum).toBe(192)
    expect(total.counts).toEqual({ 40: 13, 100: 157, 200: 6, 400: 16 })
    // 38 patients on 39 slides: 14-13412 stands under both DC and LC.
    expect(new Set(source.records.map((r) => r.patient)).size).toBe(38)
    expect([benign.patients, malignant.patients]).toEqual([16, 23])
    const image = await source.read(source.records[0]!)
    expect([image.width, image.height, image.channels]).toEqual([700, 460, 3])
  })
  it('flat copies give the same records', async () => {
    const from = sharedData('BreaKHis_v1/histology_slides/breast/benign/SOB')
    const files = (await readdir(from, { recursive: true })).filter((name) => name.endsWith('.png')).slice(0, 5)
    for (const file of files) await cp(join(from, file), join(root, file.split('/').at(-1)!))
    expect((await loadBreaKHis(root)).records.length).toBe(5)
  })
})
