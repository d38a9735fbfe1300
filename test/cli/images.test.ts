import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { degrade, drawDegradation, modCrop, resizeBicubic } from '../../src/data/index.js'
import { readImage, writeImage } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'
import { madeUpImage } from '../figures/madeUp.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { cli, inFolder } from './helpers.js'

describe('degrade', () => {
  it('shrinks by MATLAB’s bicubic after cutting to a multiple, and enlarges by the same kernel', async () => {
    await inFolder(async (folder) => {
      const [original, small, large] = ['a.png', 'small.png', 'large.png'].map((name) => join(folder, name))
      await writeImage(original!, madeUpImage(42, 33))
      const down = await cli(['degrade', original!, '--scale', '4', '--out', small!, '--json'])
      expect(down.code).toBe(0)
      expect(JSON.parse(down.stdout)).toEqual({
        out: small,
        width: 10,
        height: 8,
        scale: 4,
        up: false,
        seed: 0,
        noise: 0,
      })
      const up = await cli(['degrade', small!, '--up', '--out', large!])
      expect(up).toMatchObject({ code: 0, stdout: `${large}: 10x8 -> 40x32\n` })
      const expected = resizeBicubic(await readImage(small!), { scale: 4 })
      expect((await readImage(large!)).data).toEqual(expected.data)
    })
  })

  it('blurs, adds noise and compresses, drawn by the seed, and says what', async () => {
    await inFolder(async (folder) => {
      const [original, out] = ['a.png', 'worn.png'].map((name) => join(folder, name))
      await writeImage(original!, madeUpImage(42, 33))
      const options = ['--blur', '0.5:2', '--noise', '.02', '--jpeg', '40:90', '--seed', '7']
      const run = await cli(['degrade', original!, '--scale', '2', ...options, '--out', out!, '--json'])
      const worn = { blur: [0.5, 2], noise: 0.02, jpeg: [40, 90] } as const
      const drawn = drawDegradation(createRandom(7, 'degrade'), worn)
      expect(JSON.parse(run.stdout)).toMatchObject({ seed: 7, ...drawn })
      const whole = modCrop(await readImage(original!), 2)
      expect((await readImage(out!)).data).toEqual(degrade(whole, { scale: 2, seed: 7, ...worn }).data)
      const plain = await cli(['degrade', original!, '--scale', '2', ...options, '--out', out!])
      expect(plain.stdout).toMatch(/: 42x33 -> 21x16, blur [01]\.\d\d, noise 0\.0200, JPEG \d\d\n$/)
      const wrong = async (argv: string[], message: RegExp): Promise<void> => {
        expect(await cli(['degrade', original!, '--out', out!, ...argv])).toMatchObject({
          code: 2,
          stderr: expect.stringMatching(message),
        })
      }
      await wrong(['--up', '--jpeg', '50'], /--up: enlarges only/)
      await wrong(['--blur', '2:1'], /a number from 0 to 100, or two of them as LOW:HIGH/)
      await wrong(['--noise', '1.1'], /a number from 0 to 1/)
      await wrong(['--jpeg', '50.5'], /an integer from 1 to 100/)
      await wrong(['--jpeg', '1:2:3'], /an integer from 1 to 100/)
    })
  })

  it('fails on a corrupt image and on one that is too small, and writes nothing', async () => {
    await inFolder(async (folder) => {
      const [good, corrupt, out] = ['good.png', 'corrupt.png', 'out.png'].map((name) => join(folder, name))
      await writeImage(good!, madeUpImage(20, 20))
      await writeFile(corrupt!, (await readFile(good!)).subarray(0, 60))
      expect(await cli(['degrade', corrupt!, '--out', out!])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^esrgan-scnn degrade: .*corrupt\.png: cannot be decoded.*\n$/),
      })
      const small = await cli(['degrade', good!, '--scale', '21', '--out', out!])
      expect(small).toMatchObject({ code: 1, stderr: expect.stringMatching(/too small to shrink by 21/) })
      expect((await readdir(folder)).sort()).toEqual(['corrupt.png', 'good.png'])
    })
  })
})

describe('compare', () => {
  it('prints JSON only, null for the infinite PSNR of identical images', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'a.png')
      await writeImage(path, madeUpImage(40, 40))
      const { code, stdout, stderr } = await cli(['compare', path, path, '--json'])
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toEqual({ psnr: null, ssim: expect.closeTo(1, 12), channel: 'y', crop: 4 })
      expect(stderr).toBe('')
    })
  })

  it('fails on different sizes, on a crop that leaves nothing, on grey of colours', async () => {
    await inFolder(async (folder) => {
      const [a, b] = ['a.png', 'b.png'].map((name) => join(folder, name))
      await writeImage(a!, madeUpImage(40, 40))
      await writeImage(b!, madeUpImage(40, 41))
      const fails = async (argv: string[], message: RegExp): Promise<void> => {
        expect(await cli(['compare', ...argv])).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(message),
        })
      }
      await fails([a!, b!], /is 40x41 pixels, .*a\.png is 40x40; the sizes must be equal/)
      await fails([a!, a!, '--crop', '15'], /leave fewer than 11 a side/)
      await fails([a!, a!, '--channel', 'grey'], /is a colour image/)
    })
  })
})

describeShared('compare on real images', () => {
  it('gives the published PSNR and SSIM of the camera pair', async () => {
    const pair = ['camera', 'camera_noisy'].map((name) => sharedData(`reference/psnr-ssim/${name}.png`))
    const { stdout } = await cli(['compare', ...pair, '--channel', 'grey', '--crop', '0', '--json'])
    const { psnr, ssim } = JSON.parse(stdout)
    expect(psnr).toBeCloseTo(22.40935285, 6)
    expect(ssim).toBeCloseTo(0.35796424, 6)
  })
})
