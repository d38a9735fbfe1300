import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { syntheticHistology } from '../../src/data/index.js'
import { writeImage } from '../../src/node/index.js'
import { cli, inFolder } from './helpers.js'

/** Two images for each of three patients of each class, under BreaKHis names. */
async function writeBreaKHis(folder: string): Promise<string[]> {
  const source = syntheticHistology({
    patients: 6,
    benignShare: 0.5,
    imagesPerPatient: 2,
    width: 96,
    height: 96,
    seed: 3,
  })
  const paths: string[] = []
  for (const [i, record] of source.records.entries()) {
    const type = record.label === 'benign' ? 'B_A' : 'M_DC'
    const path = join(folder, `SOB_${type}-14-${1000 + Math.floor(i / 2)}-100-${String(i).padStart(3, '0')}.png`)
    await writeImage(path, await source.read(record))
    paths.push(path)
  }
  return paths
}

describe('reproduce', () => {
  it('writes a whole report of a rehearsal, stops on Ctrl-C, resumes to the same, and predict agrees with it', async () => {
    await inFolder(async (folder) => {
      const data = join(folder, 'data')
      const paths = await writeBreaKHis(data)
      const argv = ['reproduce', '--data', data, '--max-steps', '2', '--threads', '1', '--seed', '2', '--json', '--out']

      const whole = join(folder, 'whole')
      const done = await cli([...argv, whole])
      expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/^BreaKHis, 12 images/) })
      expect(done.stderr).toMatch(/memory: training takes about \d+ MiB of the backend's \(psnr stage\)/)
      const printed = JSON.parse(done.stdout)
      expect(printed.notices[0]).toMatch(/^Rehearsal/)
      expect(printed.files).toContain('report.json')
      expect(Object.keys(printed.dataTime)).toEqual(['psnr', 'gan', 'super-resolve', 'siamese'])
      const report = JSON.parse(await readFile(join(whole, 'report.json'), 'utf8'))
      expect(report.protocol).toMatchObject({
        source: 'breakhis',
        split: 'patient',
        seed: 2,
        maxSteps: 2,
        perceptual: 'random',
        settings: { 'expected memory of training, MiB': expect.any(Number) },
      })
      expect(report.results).toEqual(printed.results)
      expect(report.environment.peakMemoryBytes).toBeGreaterThan(1e7)
      for (const file of report.figures) expect((await stat(join(whole, file))).size).toBeGreaterThan(1000)

      const stopped = join(folder, 'stopped')
      const interrupted = await cli([...argv, stopped], /^psnr 1\//)
      expect(interrupted).toMatchObject({ code: 1, stdout: '' })
      expect(interrupted.stderr).toMatch(/stopped; the state is kept, go on with: esrgan-scnn reproduce .* --resume\n$/)
      expect(await readdir(stopped)).toEqual(['.cache'])
      expect(await cli([...argv, stopped, '--resume'])).toMatchObject({ code: 0 })
      const resumed = JSON.parse(await readFile(join(stopped, 'report.json'), 'utf8'))
      expect(resumed.results).toEqual(report.results)

      const early = await cli([...argv, join(folder, 'early')], /^read 1\//)
      expect(early).toMatchObject({ code: 1, stderr: expect.stringMatching(/stopped; nothing was trained yet\n$/) })

      const test = report.predictions as { id: string; score: number }[]
      const images = test.map(({ id }) => paths.find((path) => path.includes(id))!)
      const answer = await cli(['predict', ...images, '--model', whole, '--threads', '1', '--json'])
      expect(answer.code).toBe(0)
      expect(JSON.parse(answer.stdout)).toMatchObject(
        test.map(({ score }, i) => ({
          image: images[i],
          class: score >= 0.5 ? 'malignant' : 'benign',
          probability: expect.closeTo(score, 6),
        })),
      )

      const mixedUp = await cli([
        'upscale',
        images[0]!,
        '--weights',
        join(whole, 'siamese.safetensors'),
        '--out',
        join(folder, 'x.png'),
      ])
      expect(mixedUp).toMatchObject({ code: 1, stderr: expect.stringMatching(/conv_first\.weight is missing/) })
      const large = join(folder, 'large.png')
      const upscaled = await cli([
        'upscale',
        images[0]!,
        '--weights',
        join(whole, 'generator.safetensors'),
        '--out',
        large,
        '--threads',
        '1',
        '--json',
      ])
      expect(JSON.parse(upscaled.stdout)).toMatchObject([{ out: large, width: 384, height: 384 }])
    })
  })

  it('trains several splits and arms, and prints each head of each', async () => {
    await inFolder(async (folder) => {
      const data = join(folder, 'data')
      await writeBreaKHis(data)
      const out = join(folder, 'out')
      const argv = ['reproduce', '--data', data, '--max-steps', '2', '--threads', '1', '--out', out]
      const many = ['--split', 'patient,image', '--ablation', 'none,bicubic,psnr,esrgan']
      const done = await cli([...argv, ...many])
      expect(done.code).toBe(0)
      expect(done.stderr).toMatch(/^image: psnr: siamese 1\//m)
      expect(done.stdout).toContain(`report: ${join(out, 'report.html')}, ${join(out, 'report.md')}\n`)
      for (const split of ['patient', 'image']) {
        for (const arm of ['none', 'bicubic', 'psnr', 'esrgan'])
          expect(done.stdout).toContain(`${split} split, input ${arm}: accuracy`)
      }
      expect(done.stdout.match(/patient recognition .* support set: accuracy .* pair accuracy/g)).toHaveLength(8)
      expect(done.stdout).toMatch(
        /image split, input none: .* patients, \d of them of patients that were trained on or chosen by/,
      )
      const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))
      expect(report.runs).toHaveLength(8)
      expect(report.comparisons).toHaveLength(12)
      expect(report.protocol.validation).toMatchObject({ patients: 2 })

      // The network's file says what made its input: predict makes it the same way.
      const paths = await readdir(data)
      for (const arm of ['none', 'bicubic', 'psnr']) {
        const without = await cli([...argv, '--validation', '0', '--ablation', arm, '--json'])
        expect(JSON.parse(without.stdout).protocol).toMatchObject({ validation: null, curves: 'test' })
        if (arm !== 'psnr') await rm(join(out, 'generator.safetensors'))
        const { predictions } = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))
        const { id, score } = predictions[0]
        const image = join(
          data,
          paths.find((path) => path.includes(id))!,
        )
        const answer = await cli(['predict', image, '--model', out, '--threads', '1', '--json'])
        expect(JSON.parse(answer.stdout)).toMatchObject([{ probability: expect.closeTo(score, 6) }])
      }
    })
  })

  it('takes a list of images with labels of its own and nothing known but patients', async () => {
    await inFolder(async (folder) => {
      const source = syntheticHistology({ patients: 6, benignShare: 0.5, imagesPerPatient: 2, width: 96, height: 96 })
      const rows = ['path;label;group']
      for (const [i, record] of source.records.entries()) {
        // As ids these would leave a store's folder, be no file's name, or be too long for one.
        const path = ['a image.png', 'b: 1.png', `${'long'.repeat(40)}.png`][i] ?? `deep/${i}.png`
        await writeImage(join(folder, 'images', path), await source.read(record))
        rows.push(`./${path};${record.label === 'benign' ? 0 : 1};${record.patient}`)
      }
      const list = join(folder, 'list.csv')
      await writeFile(list, rows.join('\r\n'))
      const out = join(folder, 'out')
      const argv = ['reproduce', '--data', list, '--root', join(folder, 'images'), '--max-steps', '2', '--threads', '1']
      expect(await cli([...argv, '--out', out])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('list.csv: line 2: label "0" is neither benign nor malignant'),
      })
      const done = await cli([...argv, '--labels', '0=benign,1=malignant', '--out', out])
      expect(done).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^list of 12 images of 6 patients, .*list\.csv/),
      })
      const report = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))
      expect(report.protocol.source).toBe('custom')
      expect(report.protocol.sourceDescription).toBe(`list of 12 images of 6 patients, ${list}`)
      expect(report.predictions.map(({ magnification }: { magnification: null }) => magnification)).toEqual(
        report.predictions.map(() => null),
      )
      const page = await readFile(join(out, 'report.md'), 'utf8')
      expect(page).toMatch(/^# .*custom image/)
      expect(page).toContain('list of 12 images of 6 patients')
    })
  })

  it('keeps what was trained when the report cannot be written', async () => {
    await inFolder(async (folder) => {
      const data = join(folder, 'data')
      await writeBreaKHis(data)
      const out = join(folder, 'out')
      const argv = ['reproduce', '--data', data, '--max-steps', '2', '--threads', '1', '--out', out]
      await mkdir(join(out, 'report.md', 'in the way'), { recursive: true })
      const failed = await cli(argv)
      expect(failed.code).toBe(1)
      expect(failed.stderr.trim().split('\n').at(-1)).toMatch(/report\.md/)
      expect(await readdir(join(out, '.cache'))).not.toHaveLength(0)
      await rm(join(out, 'report.md'), { recursive: true })
      expect(await cli([...argv, '--resume'])).toMatchObject({ code: 0 })
    })
  })

  it('fails on bad input with one line, and leaves nothing behind', async () => {
    await inFolder(async (folder) => {
      const data = join(folder, 'data')
      const paths = await writeBreaKHis(data)
      const out = join(folder, 'out')
      const fails = async (source: string, message: RegExp, more: string[] = []): Promise<void> => {
        const { code, stdout, stderr } = await cli([
          'reproduce',
          '--data',
          source,
          '--out',
          out,
          '--threads',
          '1',
          ...more,
        ])
        expect(stderr.trim().split('\n').at(-1)).toMatch(message)
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
        expect(await readdir(folder)).not.toContain('out')
      }
      await mkdir(join(folder, 'empty'))
      await fails(join(folder, 'empty'), /no BreaKHis images/)
      await fails(data, /no images at 40x/, ['--magnification', '40'])
      await fails(data, /slide SOB_B_A_14-1000: not in BreaKHis' official folds/, ['--split', 'official:1'])
      await writeFile(join(data, 'holiday.png'), '')
      await fails(data, /holiday\.png: not a BreaKHis name/)
      await rm(join(data, 'holiday.png'))
      await writeFile(paths[3]!, (await readFile(paths[3]!)).subarray(0, 500))
      await fails(data, /003\.png: cannot be decoded.*--on-corrupt skip leaves it out/)
      await truncate(paths[3]!, 2 ** 30)
      await fails(data, /003\.png: (?!cannot be decoded).*--on-corrupt skip leaves it out/)
      for (const path of paths.filter((name) => name.includes('SOB_B'))) await rm(path)
      await fails(data, /one class only/)
    })
  })
})
