import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { loadBreaKHis } from '../../src/node/breakhis.js'
import { readBounded } from '../../src/node/files.js'
import { filesBelow } from '../../src/node/filesBelow.js'
import { encodeImage, readImage } from '../../src/node/images.js'

const folders: string[] = []
let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hostile-'))
  folders.push(root)
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))))

const png = await encodeImage({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7), maxValue: 255 }, 'x.png')
const id = (n: number): string => `SOB_M_DC-14-13412-100-${String(n).padStart(3, '0')}`
const image = (n: number): string => `${id(n)}.png`
const all = { wanted: () => true }

/** Permissions do not bind the superuser: where the tests run as one, the body runs as nobody. */
async function asOrdinaryUser(body: () => Promise<void>): Promise<void> {
  const isSuperuser = process.getuid?.() === 0
  if (isSuperuser) process.seteuid!(65_534)
  try {
    await body()
  } finally {
    if (isSuperuser) process.seteuid!(0)
  }
}

describe('readImage', () => {
  it('makes no room for a large file that does not begin as an image', async () => {
    const path = join(root, 'hollow.png')
    await writeFile(path, '')
    await truncate(path, 100 * 2 ** 20)
    const before = process.memoryUsage().arrayBuffers
    await expect(readImage(path)).rejects.toThrow(`${path}: cannot be decoded: is not PNG, JPEG, TIFF or WebP`)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 2 ** 20)
  })
})

describe('a folder of BreaKHis images', () => {
  it('with things that are no files under names of images: each an error of its own, or skipped and listed', async () => {
    await writeFile(join(root, image(0)), png)
    await mkdir(join(root, image(1)))
    execFileSync('mkfifo', [join(root, image(2))])
    await symlink('/dev/zero', join(root, image(3)))
    await symlink('nowhere', join(root, image(4)))
    await symlink(image(5), join(root, image(5)))
    const server = createServer().listen(join(root, image(6)))
    try {
      const source = await loadBreaKHis(root)
      expect(source.records.map((record) => record.id)).toEqual([0, 1, 2, 3, 4, 5, 6].map(id))
      const problems = [
        undefined,
        'is a folder, not a file',
        'is no plain file',
        'is no plain file',
        'no such file',
        'is a link that leads to itself',
        'is no plain file',
      ]
      for (const [n, problem] of problems.entries()) {
        const outcome = source.read(source.records[n]!)
        if (problem === undefined) expect((await outcome).data[0]).toBe(7)
        else {
          const path = join(root, image(n))
          await expect(outcome).rejects.toThrow(
            expect.objectContaining({ name: 'DataError', source: path, message: `${path}: ${problem}` }),
          )
          await expect(source.readBytes!(source.records[n]!)).rejects.toThrow(`${path}: ${problem}`)
        }
      }
      const usable = await loadBreaKHis(root, { onCorrupt: 'skip' })
      expect(usable.records.map((record) => record.id)).toEqual([id(0)])
      expect(usable.skipped.map(({ record }) => record.id)).toEqual([1, 2, 3, 4, 5, 6].map(id))
    } finally {
      server.close()
    }
  })

  it('linked in a circle, to itself, and twice: each image once', async () => {
    await mkdir(join(root, 'a', 'b'), { recursive: true })
    await writeFile(join(root, 'a', 'b', image(0)), png)
    await symlink('..', join(root, 'a', 'up'))
    await symlink(root, join(root, 'a', 'b', 'top'))
    await symlink('b', join(root, 'a', 'b-again'))
    await symlink('loop.d', join(root, 'loop.d'))
    const { records } = await loadBreaKHis(root)
    expect(records.map((record) => record.id)).toEqual([id(0)])
  })

  it('a link to a folder that is gone is told, not passed over', async () => {
    await writeFile(join(root, image(0)), png)
    await symlink('unmounted/malignant', join(root, 'malignant'))
    await expect(loadBreaKHis(root)).rejects.toThrow(`${join(root, 'malignant')}: is a link that leads nowhere`)
  })

  it('deep folders', async () => {
    const deep = join(root, ...Array.from({ length: 300 }, () => 'd'))
    await mkdir(deep, { recursive: true })
    await writeFile(join(deep, image(0)), png)
    const source = await loadBreaKHis(root)
    expect((await source.read(source.records[0]!)).data[0]).toBe(7)
  })

  it('names in other letter case: .PNG is an image, anything else is told by name', async () => {
    await writeFile(join(root, `${id(0)}.PNG`), png)
    expect((await loadBreaKHis(root)).records.map((record) => record.id)).toEqual([id(0)])
    await writeFile(join(root, image(1).toLowerCase()), png)
    await expect(loadBreaKHis(root)).rejects.toThrow(`${join(root, image(1).toLowerCase())}: not a BreaKHis name`)
    await rm(join(root, image(1).toLowerCase()))
    await mkdir(join(root, 'copy'))
    await writeFile(join(root, 'copy', image(0)), png)
    await expect(loadBreaKHis(root)).rejects.toThrow(`has the same name as`)
  })

  it('without permission: folders at once, files when they are read', async () => {
    await mkdir(join(root, 'locked'))
    await writeFile(join(root, image(0)), png)
    await chmod(join(root, image(0)), 0)
    await chmod(root, 0o755)
    await asOrdinaryUser(async () => {
      const source = await loadBreaKHis(root)
      await expect(source.read(source.records[0]!)).rejects.toThrow('may not be read (permission denied)')
    })
    await chmod(join(root, 'locked'), 0)
    await asOrdinaryUser(() =>
      expect(loadBreaKHis(root)).rejects.toThrow(
        `${join(root, 'locked')}: the folder cannot be listed: may not be read (permission denied)`,
      ),
    )
    await chmod(root, 0)
    await asOrdinaryUser(() => expect(loadBreaKHis(root)).rejects.toThrow('the folder cannot be listed'))
    await chmod(root, 0o755)
  })

  it('larger files than allowed are not read', async () => {
    await writeFile(join(root, image(0)), png)
    const source = await loadBreaKHis(root, { maxBytes: png.length - 1 })
    await expect(source.read(source.records[0]!)).rejects.toThrow(
      `${join(root, image(0))}: has ${png.length} bytes, more than the ${png.length - 1} allowed`,
    )
    await expect(source.readBytes!(source.records[0]!)).rejects.toThrow('more than the')
    const small = await loadBreaKHis(root, { maxBytes: png.length })
    expect((await small.read(small.records[0]!)).data[0]).toBe(7)
    expect(await small.readBytes!(small.records[0]!)).toEqual(Uint8Array.from(png))
  })
})

describe('filesBelow', () => {
  it('lists in the order of names, without what begins with a dot', async () => {
    for (const name of ['b', '.git', 'a']) await mkdir(join(root, name))
    for (const name of ['b/2', 'b/1', '.git/x', '.y', 'c', 'a/3']) await writeFile(join(root, name), '')
    expect(await filesBelow(root, { wanted: (name) => /^[\dc]$/.test(name) })).toEqual(
      ['c', 'a/3', 'b/1', 'b/2'].map((name) => join(root, name)),
    )
  })
  it('stops at a number of names, and on a signal', async () => {
    for (const name of ['1', '2', '3']) await writeFile(join(root, name), '')
    expect((await filesBelow(root, { ...all, maxEntries: 3 })).length).toBe(3)
    await expect(filesBelow(root, { ...all, maxEntries: 2 })).rejects.toThrow(
      `${root}: more than 2 files and folders below it`,
    )
    await expect(filesBelow(root, { ...all, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })
  it('names what is no folder', async () => {
    await writeFile(join(root, 'file'), '')
    for (const name of ['file', 'none']) {
      await expect(filesBelow(join(root, name), all)).rejects.toThrow(
        `${join(root, name)}: the folder cannot be listed`,
      )
    }
  })
})

describe('readBounded', () => {
  it('reads a file whole, also an empty one', async () => {
    const path = join(root, 'file')
    for (const size of [0, 1, 200_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251)
      await writeFile(path, bytes)
      expect(Buffer.compare(await readBounded(path, 200_000), bytes)).toBe(0)
    }
    await expect(readBounded(path, 199_999)).rejects.toThrow(`${path}: has 200000 bytes, more than the 199999 allowed`)
  })
  it('notices a file that holds more than it says', async () => {
    await expect(readBounded('/proc/self/status', 1e6)).rejects.toThrow('changed its size while it was read')
  })
})

describe('readImage', () => {
  it('names a path that cannot be', async () => {
    await expect(readImage(join(root, 'x'.repeat(5000)))).rejects.toThrow(
      expect.objectContaining({ name: 'DataError', message: expect.stringContaining('ENAMETOOLONG') }),
    )
    await expect(readImage('a\0b.png')).rejects.toThrow(expect.objectContaining({ name: 'DataError' }))
  })
})
