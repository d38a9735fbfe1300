import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { interpolateWeights, readNetwork, type StoredGenerator, type StoredNetwork } from '../../src/esrgan/index.js'
import { readWeightsFile } from '../../src/node/index.js'
import { readSafetensors } from '../../src/weights/index.js'
import reference from '../reference/esrgan_files.json' with { type: 'json' }
import { describeShared, sharedData } from '../helpers/shared.js'
import { cli, inFolder } from './helpers.js'

/** A file that torch.save wrote. */
const torchFile = (name: string): Uint8Array =>
  gunzipSync(Buffer.from(reference.cases.find((each) => each.name === name)!.file, 'base64'))

const networkIn = async (path: string): Promise<StoredNetwork> => readNetwork(await readWeightsFile(path))

/** Runs the command, which must succeed. */
async function done(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(argv)
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return stdout
}

describe('convert', () => {
  it.each(reference.cases.map(({ name }) => name))('%s: .pth to tfjs to .safetensors, bit for bit', async (name) => {
    await inFolder(async (folder) => {
      const [pth, tfjs, safetensors] = ['a.pth', 'tfjs', 'b.safetensors'].map((each) => join(folder, each)) as [
        string,
        string,
        string,
      ]
      await writeFile(pth, torchFile(name))
      await done('convert', pth, tfjs)
      await done('convert', tfjs, safetensors)
      const first = await networkIn(pth)
      expect((await networkIn(join(tfjs, 'model.json'))).weights).toEqual(first.weights)
      const last = await networkIn(safetensors)
      expect(last.weights).toEqual(first.weights)
      expect(last.config).toEqual(first.config)
      expect((await readdir(folder)).toSorted()).toEqual(['a.pth', 'b.safetensors', 'tfjs'])
      expect((await readdir(tfjs)).toSorted()).toEqual(['model.json', 'model.weights.bin'])
    })
  })

  it('says what it found, in words and in JSON', async () => {
    await inFolder(async (folder) => {
      const path = (name: string): string => join(folder, name)
      await writeFile(path('g.pth'), torchFile('old names, module., half, beside an epoch'))
      await writeFile(path('d.pth'), torchFile('discriminator'))
      await writeFile(path('v.pth'), torchFile('vgg'))
      expect(await done('convert', path('g.pth'), path('g.safetensors'), '--dtype', 'F16')).toBe(
        `${path('g.pth')}: RRDB generator x4: 2 blocks, 4 features, growth 2, 3 channels; 6,503 parameters (torch, F16, esrgan names)\n` +
          `${path('g.safetensors')}: safetensors, F16, ${(await readFile(path('g.safetensors'))).length.toLocaleString('en')} bytes\n`,
      )
      expect(await done('convert', path('d.pth'), path('d.json'))).toContain(
        'discriminator of 32x32 patches: 2 features, 3 channels; ',
      )
      expect(await done('convert', path('v.pth'), path('v.safetensors'))).toContain(
        'VGG19 up to block3_conv4: 8 convolutions, torchvision input; ',
      )
      const json = JSON.parse(await done('convert', path('g.pth'), `${path('model')}/`, '--json')) as unknown
      expect(json).toEqual({
        in: { path: path('g.pth'), format: 'torch', dtypes: ['F16'], names: 'esrgan' },
        network: {
          kind: 'generator',
          blocks: 2,
          features: 4,
          growth: 2,
          scale: 4,
          channels: 3,
          residualScale: 0.2,
          bicubicSkip: false,
          parameterCount: 6503,
        },
        out: {
          format: 'tfjs',
          dtype: 'F32',
          paths: [path('model/model.weights.bin'), path('model/model.json')],
          weightBytes: 4 * 6503,
        },
      })
    })
  })

  it("reads Keras' .h5 of VGG, with its old names and input", async () => {
    const { File, ready } = await import('h5wasm')
    const { FS } = await ready
    await inFolder(async (folder) => {
      const place = '/vgg.h5'
      const h5 = new File(place, 'w')
      const layers = { block1_conv1: [3, 3, 3, 4], block1_conv2: [3, 3, 4, 4], block2_conv1: [3, 3, 4, 5] }
      for (const [name, shape] of Object.entries(layers)) {
        const group = h5.create_group(name)
        const size = shape.reduce((product, n) => product * n, 1)
        group.create_dataset({ name: `${name}_W_1:0`, data: Float32Array.from({ length: size }, (_, i) => i), shape })
        group.create_dataset({ name: `${name}_b_1:0`, data: new Float32Array(shape[3]!).fill(0.5), shape: [shape[3]!] })
      }
      h5.close()
      const [from, to] = [join(folder, 'vgg.h5'), join(folder, 'vgg.safetensors')]
      await writeFile(from, FS.readFile(place))
      FS.unlink(place)
      expect(await done('convert', from, to)).toContain('VGG up to block2_conv1: 3 convolutions, caffe input; ')
      const { tensors } = readSafetensors(await readFile(to))
      expect([...tensors.keys()].filter((name) => name.endsWith('weight'))).toEqual(
        [0, 2, 5].map((index) => `features.${index}.weight`),
      )
      expect(await networkIn(to)).toEqual(await networkIn(from))
    })
  })

  it('writes the names of other releases', async () => {
    await inFolder(async (folder) => {
      const [from, to] = [join(folder, 'a.pth'), join(folder, 'b.safetensors')]
      await writeFile(from, torchFile('bare, scale 2'))
      await done('convert', from, to, '--names', 'oldest')
      expect([...readSafetensors(await readFile(to)).tensors.keys()]).toContain('model.1.sub.0.RDB3.conv5.0.weight')
      expect((await networkIn(to)).weights).toEqual((await networkIn(from)).weights)
    })
  })

  it('refuses bad usage before it reads, and bad files without writing', async () => {
    await inFolder(async (folder) => {
      const path = (name: string): string => join(folder, name)
      await writeFile(path('g.pth'), torchFile('params, scale 1'))
      await writeFile(path('d.pth'), torchFile('discriminator'))
      await writeFile(path('page.pth'), '<!DOCTYPE html><html></html>')
      await writeFile(path('plain'), 'text')
      await mkdir(path('empty'))
      await done('convert', path('g.pth'), path('g.safetensors'))
      await done('convert', path('g.pth'), path('web/'))
      const before = await readdir(folder)
      const bad: [string[], number, RegExp][] = [
        [['none.pth', 'o.safetensors'], 2, /IN: no such file: .*none.pth/],
        [['empty', 'o.safetensors'], 2, /IN: no such file: .*empty\/model.json/],
        [['g.pth', 'o.pth'], 2, /OUT: must end in .safetensors or .json/],
        [['g.pth', 'plain'], 2, /OUT: is a file without a known ending/],
        [['g.safetensors', 'g.safetensors'], 2, /OUT: would overwrite the input/],
        [['web', 'web/other.json'], 2, /OUT: could overwrite weight files of the input/],
        [['g.pth', 'o.json', '--dtype', 'BF16'], 2, /--dtype BF16: tfjs has none/],
        [['g.pth', 'o.json', '--names', 'oldest'], 2, /--names: is for .safetensors/],
        [['d.pth', 'o.safetensors', '--names', 'oldest'], 2, /--names: is for generators/],
        [['page.pth', 'o.safetensors'], 1, /page.pth: it is a web page/],
      ]
      for (const [[from, to, ...options], code, message] of bad) {
        const result = await cli(['convert', path(from!), path(to!), ...options])
        expect(result, String(message)).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) })
        expect(result.stderr.trim().split('\n')).toHaveLength(1)
      }
      expect(await readdir(folder)).toEqual(before)
      // A folder in the place of a file: what was begun is taken away again.
      await mkdir(path('x.json/model.json'), { recursive: true })
      expect(await cli(['convert', path('g.pth'), path('x.json')])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('model.json: cannot be written'),
      })
      expect((await readdir(path('x.json'))).filter((name) => name.includes('tmp'))).toEqual([])
    })
  })
})

describe('interpolate', () => {
  it('writes the generator between two files of any format', async () => {
    await inFolder(async (folder) => {
      const path = (name: string): string => join(folder, name)
      await writeFile(path('a.pth'), torchFile('params and params_ema'))
      await writeFile(path('b.pth'), torchFile('oldest names, bfloat16'))
      await done('convert', path('b.pth'), path('b'))
      const text = await done('interpolate', path('a.pth'), path('b'), path('o.safetensors'), '--alpha', '0.3')
      expect(text).toContain('RRDB generator x4: 1 block, 4 features, growth 2, 3 channels; alpha 0.3\n')
      const [a, b, o] = (await Promise.all(
        ['a.pth', 'b.pth', 'o.safetensors'].map((name) => networkIn(path(name))),
      )) as [StoredGenerator, StoredGenerator, StoredGenerator]
      expect(o.weights).toEqual(interpolateWeights(a.weights, b.weights, 0.3))
      const json = await done('interpolate', path('a.pth'), path('b'), path('p.json'), '--json')
      expect(JSON.parse(json)).toMatchObject({ alpha: 0.8, network: { kind: 'generator', blocks: 1 } })
    })
  })

  it('refuses networks that differ, other networks, and shares out of range', async () => {
    await inFolder(async (folder) => {
      const path = (name: string): string => join(folder, name)
      await writeFile(path('a.pth'), torchFile('params and params_ema'))
      await writeFile(path('c.pth'), torchFile('bare, scale 2'))
      await writeFile(path('d.pth'), torchFile('discriminator'))
      const run = (...argv: string[]): ReturnType<typeof cli> => cli(['interpolate', ...argv, path('o.safetensors')])
      expect(await run(path('a.pth'), path('c.pth'))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('scale is 4 and 2'),
      })
      expect(await run(path('a.pth'), path('d.pth'))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is no generator: discriminator'),
      })
      for (const alpha of ['1.1', '-1', 'x']) {
        expect(await run('--alpha', alpha, path('a.pth'), path('a.pth'))).toMatchObject({ code: 2 })
      }
      expect((await readdir(folder)).toSorted()).toEqual(['a.pth', 'c.pth', 'd.pth'])
    })
  })
})

describeShared('Real-ESRGAN x4plus', () => {
  it('becomes a tfjs model in files of at most 4 MiB, and comes back bit for bit', async () => {
    await inFolder(async (folder) => {
      const real = sharedData('rrdb/RealESRGAN_x4plus.fp16.safetensors')
      const text = await done('convert', real, join(folder, 'tfjs'))
      expect(text).toContain('x4: 23 blocks, 64 features, growth 32, 3 channels; 16,697,987 parameters')
      const shards = (await readdir(join(folder, 'tfjs'))).filter((name) => name.endsWith('.bin'))
      expect(shards).toHaveLength(16)
      await done('convert', join(folder, 'tfjs'), join(folder, 'back.safetensors'))
      const [first, last] = [await networkIn(real), await networkIn(join(folder, 'back.safetensors'))]
      for (const [name, { data }] of first.weights) {
        expect(Buffer.from(last.weights.get(name)!.data.buffer).equals(Buffer.from(data.buffer)), name).toBe(true)
      }
    })
  })
})
