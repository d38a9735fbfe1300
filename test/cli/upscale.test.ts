import { access, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tensor1d } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRRDBGenerator, saveGenerator, upscale } from '../../src/esrgan/index.js'
import type { PixelImage } from '../../src/image.js'
import { readImage, writeImage } from '../../src/node/index.js'
import { madeUpImage } from '../figures/madeUp.js'
import { useBackend } from '../helpers/backend.js'
import { cli, inFolder, type CliResult } from './helpers.js'

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** All files below a folder. */
const listed = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()

const small = { blocks: 1, features: 4, growth: 2, bicubicSkip: true } as const

/** A folder with weights for x4 and x2 and `scans`: three good images in sub-folders, a corrupt one, one hidden and one text. */
async function inScans(body: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    using generator = createRRDBGenerator(small)
    await writeFile(join(folder, 'w.safetensors'), await saveGenerator(generator))
    using half = createRRDBGenerator({ ...small, scale: 2 })
    await writeFile(join(folder, 'x2.safetensors'), await saveGenerator(half))
    const scans = join(folder, 'scans')
    await writeImage(join(scans, 'a.png'), madeUpImage(20, 16))
    await writeImage(join(scans, 'deep', 'a.png'), madeUpImage(9, 7, 1))
    await writeImage(join(scans, 'deep', 'er', 'c.jpg'), madeUpImage(16, 16, 2))
    await writeFile(join(scans, 'deep', 'bad.png'), (await readFile(join(scans, 'a.png'))).subarray(0, 70))
    await writeFile(join(scans, 'notes.txt'), 'no image')
    await writeImage(join(scans, '.hidden.png'), madeUpImage(9, 7))
    await body(folder)
  })
}

const run = (folder: string, argv: readonly string[], interruptAt?: RegExp): Promise<CliResult> =>
  cli(['upscale', ...argv, '--weights', join(folder, 'w.safetensors'), '--threads', '1'], interruptAt)

interface Result {
  readonly image: string
  readonly status: string
  readonly problem?: string
}

beforeAll(() => useBackend('wasm'))

describe('upscale of a folder', () => {
  it('keeps names and sub-folders, goes on past a bad file, says so and exits 1', async () => {
    await inScans(async (folder) => {
      const out = join(folder, 'out')
      const { code, stdout, stderr } = await run(folder, [join(folder, 'scans'), '--out', out, '--json'])
      expect(code).toBe(1)
      expect(await listed(out)).toEqual([
        '.upscaled.jsonl',
        'a.png',
        join('deep', 'a.png'),
        join('deep', 'er', 'c.jpg'),
      ])
      const results = JSON.parse(stdout) as Result[]
      expect(results.map(({ status }) => status).toSorted()).toEqual(['done', 'done', 'done', 'failed'])
      const bad = results.find(({ status }) => status === 'failed')!
      expect(bad.image).toBe(join(folder, 'scans', 'deep', 'bad.png'))
      expect(bad.problem).toMatch(/^cannot be decoded/)
      expect(stderr).toContain(`${bad.image}: ${bad.problem}\n`)
      expect(stderr).toMatch(/3 enlarged, 0 unchanged, 1 failed\n/)
      expect(stderr).toMatch(/esrgan-scnn upscale: 1 of 4 pictures could not be enlarged: .*bad\.png\n$/)
      using generator = createRRDBGenerator(small)
      expect(await readImage(join(out, 'deep', 'a.png'))).toEqual(await upscale(generator, madeUpImage(9, 7, 1)))
    })
  })

  it('says of a folder with one bad image what it says of any', async () => {
    await inScans(async (folder) => {
      const bad = join(folder, 'one', 'bad.png')
      await mkdir(join(folder, 'one'))
      await writeFile(bad, (await readFile(join(folder, 'scans', 'a.png'))).subarray(0, 70))
      const { code, stdout } = await run(folder, [join(folder, 'one'), '--out', join(folder, 'out'), '--json'])
      expect(code).toBe(1)
      expect(JSON.parse(stdout)).toMatchObject([{ image: bad, status: 'failed' }])
    })
  })

  it('goes on past images for which the generator gives no numbers', async () => {
    await inScans(async (folder) => {
      using generator = createRRDBGenerator(small)
      generator.variables.get('conv_last.bias')!.assign(tensor1d([NaN, 0, 0]))
      await writeFile(join(folder, 'w.safetensors'), await saveGenerator(generator))
      const { code, stderr } = await run(folder, [join(folder, 'scans'), '--out', join(folder, 'out')])
      expect(code).toBe(1)
      expect(stderr).toMatch(/a\.png: the generator gives NaN in the tile/)
      expect(stderr).toMatch(/0 enlarged, 0 unchanged, 4 failed/)
      expect(await there(join(folder, 'out', 'a.png'))).toBe(false)
    })
  })

  it('resumes: what is whole and from the same image, weights and settings stays; all else is made again', async () => {
    await inScans(async (folder) => {
      const [scans, out] = [join(folder, 'scans'), join(folder, 'out')]
      const statuses = async (...more: string[]): Promise<Record<string, string>> => {
        const { stdout } = await run(folder, [scans, '--out', out, '--json', ...more])
        const results = JSON.parse(stdout) as Result[]
        return Object.fromEntries(results.map(({ image, status }) => [image.slice(scans.length + 1), status]))
      }
      const all = (status: string): Record<string, string> => ({
        'a.png': status,
        [join('deep', 'a.png')]: status,
        [join('deep', 'bad.png')]: 'failed',
        [join('deep', 'er', 'c.jpg')]: status,
      })
      expect(await statuses()).toEqual(all('done'))
      expect(await statuses()).toEqual(all('unchanged'))
      // An output that is damaged, one that is gone, and an input that changed.
      await writeFile(join(out, 'a.png'), 'damaged')
      expect(await statuses()).toEqual({ ...all('unchanged'), 'a.png': 'done' })
      await writeImage(join(scans, 'deep', 'a.png'), madeUpImage(9, 7, 5))
      expect(await statuses()).toEqual({ ...all('unchanged'), [join('deep', 'a.png')]: 'done' })
      expect((await readImage(join(out, 'deep', 'a.png'))).width).toBe(36)
      // The quality is JPEG's alone.
      expect(await statuses('--quality', '60')).toEqual({ ...all('unchanged'), [join('deep', 'er', 'c.jpg')]: 'done' })
      expect(await statuses('--tile', '16', '--quality', '60')).toEqual(all('done'))
      expect(await statuses('--tile', '16', '--quality', '60', '--force')).toEqual(all('done'))
      const other = await cli(['upscale', scans, '--out', out, '--weights', join(folder, 'x2.safetensors'), '--json'])
      expect((JSON.parse(other.stdout) as Result[]).filter(({ status }) => status === 'done')).toHaveLength(3)
      // A record whose last line was cut off, and lines that are none.
      const record = join(out, '.upscaled.jsonl')
      await writeFile(record, `5\n{"output":"a.png"}\n${(await readFile(record, 'utf8')).slice(0, -20)}`)
      const after = await cli(['upscale', scans, '--out', out, '--weights', join(folder, 'x2.safetensors'), '--json'])
      expect((JSON.parse(after.stdout) as Result[]).filter(({ status }) => status === 'done')).toHaveLength(1)
      const last = await cli(['upscale', scans, '--out', out, '--weights', join(folder, 'x2.safetensors'), '--json'])
      expect((JSON.parse(last.stdout) as Result[]).filter(({ status }) => status === 'unchanged')).toHaveLength(3)
    })
  })

  it('stops between two tiles at Ctrl-C: what was finished is whole, nothing is half written, and the next run goes on', async () => {
    await inScans(async (folder) => {
      const out = join(folder, 'out')
      const argv = [join(folder, 'scans'), '--out', out, '--json', '--tile', '8', '--overlap', '2']
      const stopped = await run(folder, argv, /upscale 2\/4/)
      expect(stopped).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/stopped; the pictures that were finished/),
      })
      expect(JSON.parse(stopped.stdout)).toMatchObject([{ status: 'done', width: 80, height: 64 }])
      expect(await listed(out)).toEqual(['.upscaled.jsonl', 'a.png'])
      expect((await readImage(join(out, 'a.png'))).width).toBe(80)
      const results = JSON.parse((await run(folder, argv)).stdout) as Result[]
      expect(results.map(({ status }) => status)).toEqual(['unchanged', 'done', 'failed', 'done'])
    })
  })

  it('writes another format, and takes an output folder among the inputs for none of them', async () => {
    await inScans(async (folder) => {
      const scans = join(folder, 'scans')
      const out = join(scans, 'large')
      const argv = [scans, '--out', out, '--format', 'tif']
      expect((await run(folder, argv)).stdout).toMatch(/large.a\.tif: 80x64, /)
      expect(await listed(out)).toEqual([
        '.upscaled.jsonl',
        'a.tif',
        join('deep', 'a.tif'),
        join('deep', 'er', 'c.tif'),
      ])
      expect((await run(folder, argv)).stderr).toMatch(/0 enlarged, 3 unchanged, 1 failed/)
    })
  })

  it('refuses what cannot work before it works', async () => {
    await inScans(async (folder) => {
      const scans = join(folder, 'scans')
      await mkdir(join(folder, 'empty'))
      await writeImage(join(scans, 'a.jpg'), madeUpImage(8, 8))
      const refused: [string[], RegExp][] = [
        [[scans, '--out', scans], /--out: is the folder of the inputs/],
        [[join(scans, 'deep'), '--out', scans], /--out: is the folder of the inputs, or above it/],
        [[join(folder, 'empty'), '--out', join(folder, 'o')], /IMAGE: no PNG, JPEG, TIFF or WebP below/],
        [[join(folder, 'none'), '--out', join(folder, 'o')], /IMAGE: no such file or folder/],
        [[scans, '--out', join(folder, 'o'), '--format', 'png'], /a\.jpg and .*a\.png would both become/],
        [[join(scans, 'a.png'), '--out', join(folder, 'o.png'), '--format', 'png'], /--format: is for a folder/],
        [[scans, '--out', join(folder, 'w.safetensors')], /several images go into a folder/],
      ]
      for (const [argv, message] of refused) {
        expect(await run(folder, argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
      }
      const half = ['upscale', scans, '--out', join(folder, 'o'), '--weights', join(folder, 'x2.safetensors')]
      expect(await cli([...half, '--tile', '17', '--threads', '1'])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/--tile: must be a multiple of 2 for this x2 generator: 17/),
      })
      expect(await there(join(folder, 'o'))).toBe(false)
    })
  })

  it('ends with the first output that cannot be written', async () => {
    await inScans(async (folder) => {
      const out = join(folder, 'out')
      await mkdir(join(out, 'a.png', 'in the way'), { recursive: true })
      const { code, stderr } = await run(folder, [join(folder, 'scans'), '--out', out])
      expect(code).toBe(1)
      expect(stderr).toMatch(/esrgan-scnn upscale: .*a\.png: cannot be written/)
      expect(await listed(out)).toEqual([])
    })
  })

  it('follows a linked folder once', async () => {
    await inScans(async (folder) => {
      await symlink(join(folder, 'scans'), join(folder, 'scans', 'deep', 'loop'))
      const { stderr } = await run(folder, [join(folder, 'scans'), '--out', join(folder, 'out')])
      expect(stderr).toMatch(/3 enlarged, 0 unchanged, 1 failed/)
    })
  })
})

describe('upscale of one image', () => {
  it('keeps 16 bits, grey and alpha in PNG, bit for bit as upscale gives them', async () => {
    await inScans(async (folder) => {
      using generator = createRRDBGenerator(small)
      for (const channels of [1, 2, 3, 4] as const) {
        const data = Uint16Array.from({ length: 11 * 9 * channels }, (_, i) => (i * 7919) % 65_521)
        const image: PixelImage = { width: 11, height: 9, channels, data, maxValue: 65535 }
        const [from, to] = [join(folder, `in${channels}.png`), join(folder, `out${channels}.png`)]
        await writeImage(from, image)
        expect((await run(folder, [from, '--out', to, '--tile', '8', '--overlap', '2'])).code).toBe(0)
        const large = await readImage(to)
        expect(large).toEqual(await upscale(generator, image, { tile: 8, overlap: 2 }))
        // Not 8 bits spread to 16.
        expect(large.data.some((value) => value % 257 !== 0)).toBe(true)
      }
    })
  })

  it('refuses to lose transparency in JPEG, and takes alpha that is opaque', async () => {
    await inScans(async (folder) => {
      const data = new Uint8Array(6 * 5 * 4).fill(255)
      const image: PixelImage = { width: 6, height: 5, channels: 4, data, maxValue: 255 }
      const path = join(folder, 'in.png')
      await writeImage(path, image)
      expect((await run(folder, [path, '--out', join(folder, 'o.jpg')])).code).toBe(0)
      expect(await readImage(join(folder, 'o.jpg'))).toMatchObject({ width: 24, height: 20, channels: 3 })
      data[7] = 254
      await writeImage(path, image)
      const { code, stderr } = await run(folder, [path, '--out', join(folder, 'p.jpg')])
      expect(code).toBe(1)
      expect(stderr).toMatch(/in\.png: has transparent pixels, which JPEG cannot hold; write PNG, TIFF or WebP/)
      expect(await there(join(folder, 'p.jpg'))).toBe(false)
    })
  })

  it.each([
    ['w.safetensors', 1, 1, 4],
    ['w.safetensors', 3, 5, 4],
    ['x2.safetensors', 1, 1, 2],
    ['x2.safetensors', 3, 5, 2],
  ])('%s takes an image of %i x %i pixels', async (weights, width, height, scale) => {
    await inScans(async (folder) => {
      const [from, to] = [join(folder, 'tiny.png'), join(folder, 'o.webp')]
      await writeImage(from, madeUpImage(width, height))
      const argv = ['upscale', from, '--out', to, '--weights', join(folder, weights), '--threads', '1']
      expect((await cli(argv)).code).toBe(0)
      expect(await readImage(to)).toMatchObject({ width: width * scale, height: height * scale })
    })
  })
})
