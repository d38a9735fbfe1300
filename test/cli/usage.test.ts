import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeImage } from '../../src/node/index.js'
import { madeUpImage } from '../figures/madeUp.js'
import { cli, inFolder } from './helpers.js'

const commands = ['reproduce', 'upscale', 'degrade', 'compare', 'roc', 'predict', 'convert', 'interpolate']

describe('help', () => {
  it('lists every command', async () => {
    const { code, stdout, stderr } = await cli(['--help'])
    expect(code).toBe(0)
    for (const command of commands) expect(stdout).toContain(command)
    expect(stderr).toBe('')
  })

  it.each(commands)('of %s ends with an example', async (command) => {
    const { code, stdout } = await cli([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ esrgan-scnn ${command} `))
    expect(stdout).toContain('--json')
  })

  it('of nothing is bad usage; the version is not', async () => {
    expect((await cli([])).code).toBe(2)
    expect(await cli(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })
})

describe('bad usage', () => {
  const bad: [string, string[], RegExp][] = [
    ['unknown command', ['train'], /unknown command 'train'/],
    ['unknown option', ['roc', 'x.csv', '--foo'], /unknown option '--foo'/],
    ['missing argument', ['compare', 'a.png'], /missing required argument 'sr'/],
    ['surplus argument', ['roc', 'a', 'b'], /too many arguments/],
    ['missing option', ['degrade', 'a.png'], /required option '--out <path>'/],
    ['preset', ['reproduce', '--preset', 'slow'], /Allowed choices are quick, paper/],
    [
      'split',
      ['reproduce', '--split', 'slide'],
      /It must list some of image,patient,accession,official:1,.*official:5, each once/,
    ],
    ['no such fold', ['reproduce', '--split', 'official:6'], /It must list some of image,patient/],
    ['split twice', ['reproduce', '--split', 'patient,patient'], /It must list some of image,patient,.*each once/],
    ['arm', ['reproduce', '--ablation', 'none,vgg'], /It must list some of none,bicubic,psnr,esrgan, each once/],
    ['validation share', ['reproduce', '--validation', '1'], /It must be a number from 0 to below 1/],
    ['fold of drawn images', ['reproduce', '--split', 'official:2'], /--split official:2: .* give them by --data/],
    ['accessions of drawn images', ['reproduce', '--split', 'accession'], /--split accession: .* by --data/],
    ['backend', ['reproduce', '--backend', 'cuda'], /Allowed choices are wasm, cpu, webgpu, tensorflow, auto/],
    ['magnification', ['reproduce', '--magnification', '40,50'], /some of 40,100,200,400/],
    ['magnification twice', ['reproduce', '--magnification', '40,40'], /each once/],
    ['magnification empty', ['reproduce', '--magnification', ''], /some of 40,100,200,400/],
    ['seed', ['reproduce', '--seed', '1.5'], /integer from 0/],
    ['seed hex', ['reproduce', '--seed', '0x10'], /integer from 0/],
    ['steps', ['reproduce', '--max-steps', '0'], /integer >= 1/],
    ['threads', ['reproduce', '--threads', '9'], /integer from 1 to 8/],
    ['on-corrupt', ['reproduce', '--on-corrupt', 'fix'], /Allowed choices are stop, skip/],
    ['scale', ['degrade', 'a.png', '--out', 'b.png', '--scale', '1'], /integer from 2 to 64/],
    ['crop', ['compare', 'a.png', 'b.png', '--crop', '-1'], /integer >= 0/],
    ['channel', ['compare', 'a.png', 'b.png', '--channel', 'cb'], /Allowed choices are y, rgb, grey/],
    ['tile', ['upscale', 'a.png', '--out', 'b.png', '--weights', 'w', '--tile', '2'], /integer from 4/],
    [
      'overlap',
      ['upscale', 'a.png', '--out', 'b.png', '--weights', 'w', '--tile', '32', '--overlap', '16'],
      /less than half/,
    ],
    ['missing data', ['reproduce', '--data', '/no/such'], /--data: no such folder: \/no\/such/],
    ['missing list', ['reproduce', '--data', '/no/such.csv'], /--data: no such file: \/no\/such\.csv/],
    ['file that is no list', ['reproduce', '--data', 'LICENSE'], /--data: is neither a folder nor a list .*: LICENSE/],
    ['labels', ['reproduce', '--data', 'x.csv', '--labels', '0=healthy'], /like 0=benign,1=malignant/],
    ['labels of a folder', ['reproduce', '--data', '.', '--labels', '0=benign'], /--labels: is for a list/],
    ['root of a folder', ['reproduce', '--data', '.', '--root', '.'], /--root: is for a list/],
    ['labels of drawn images', ['reproduce', '--labels', '0=benign'], /give it by --data/],
    ['missing vgg', ['reproduce', '--vgg', '/no/such'], /--vgg: no such file/],
    ['missing image', ['degrade', '/no.png', '--out', 'x.png'], /IMAGE: no such file: \/no\.png/],
    ['missing csv', ['roc', '/no.csv'], /FILE: no such file/],
    ['missing model', ['predict', 'package.json', '--model', '/no'], /--model: no such folder/],
    ['patients of real data', ['reproduce', '--data', '.', '--patients', '4'], /without --data/],
    ['resume of nothing', ['reproduce', '--resume', '--out', '/no/such'], /holds no state/],
  ]
  it.each(bad)('%s is exit code 2 with one clear line', async (_, argv, message) => {
    const { code, stdout, stderr } = await cli(argv)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('never overwrites an input, and writes nothing', async () => {
    await inFolder(async (folder) => {
      const image = join(folder, 'a.png')
      await writeImage(image, madeUpImage(16, 16))
      await writeFile(join(folder, 'w.safetensors'), '')
      const weights = ['--weights', join(folder, 'w.safetensors')]
      for (const argv of [
        ['degrade', image, '--out', image],
        ['degrade', image, '--out', folder],
        ['degrade', image, '--out', join(folder, '.', 'x', '..', 'a.png')],
        ['upscale', image, ...weights, '--out', folder],
        ['upscale', image, join(folder, 'w.safetensors'), ...weights, '--out', folder],
      ]) {
        const { code, stderr } = await cli(argv)
        expect(stderr).toMatch(/would overwrite the input/)
        expect(code).toBe(2)
      }
      expect((await readdir(folder)).sort()).toEqual(['a.png', 'w.safetensors'])
    })
  })

  it('of several images: a file as output, two images of one name', async () => {
    await inFolder(async (folder) => {
      const image = join(folder, 'a.png')
      await writeImage(image, madeUpImage(16, 16))
      await writeImage(join(folder, 'b', 'a.png'), madeUpImage(16, 16))
      const file = join(folder, 'file')
      await writeFile(file, '')
      const twice = await cli([
        'upscale',
        image,
        join(folder, 'b', 'a.png'),
        '--weights',
        file,
        '--out',
        join(folder, 'o'),
      ])
      expect(twice).toMatchObject({ code: 2, stderr: expect.stringMatching(/would both become/) })
      const onto = await cli(['upscale', image, join(folder, 'b', 'a.png'), '--weights', file, '--out', file])
      expect(onto).toMatchObject({ code: 2, stderr: expect.stringMatching(/go into a folder/) })
    })
  })
})
