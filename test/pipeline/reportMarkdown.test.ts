import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeReport } from '../../src/node/reportFiles.js'
import { attainableCount, paperAttainability } from '../../src/pipeline/attainable.js'
import { reportMarkdown } from '../../src/pipeline/reportMarkdown.js'
import type { PipelineReport, RunResult } from '../../src/pipeline/index.js'
import { figureNames } from '../../src/figures/index.js'
import { madeUpResult, noLeakage } from '../figures/madeUp.js'
import { madeUpStudy } from '../figures/madeUpStudy.js'

describe('attainableCount', () => {
  it('finds the count behind a rounded percentage', () => {
    expect(attainableCount(97.53, 364)).toEqual({ right: 355, n: 364 })
    expect(attainableCount(98.87, 399)).toBeUndefined()
    expect(attainableCount(100, 7)).toEqual({ right: 7, n: 7 })
    expect(attainableCount(0, 7)).toEqual({ right: 0, n: 7 })
    expect(attainableCount(66.67, 3)).toEqual({ right: 2, n: 3 })
    expect(attainableCount(66.66, 3)).toBeUndefined()
    expect(attainableCount(50, 3)).toBeUndefined()
  })

  it('rounds ties half up, exactly', () => {
    // 1/800 = 0.125 %, 1/32 = 3.125 %: binary fractions hold both, decimal rounding must go up.
    expect(attainableCount(0.13, 800)).toEqual({ right: 1, n: 800 })
    expect(attainableCount(0.12, 800)).toBeUndefined()
    expect(attainableCount(3.13, 32)).toEqual({ right: 1, n: 32 })
  })

  it('agrees with trying every count', () => {
    for (const n of [1, 7, 364, 399, 416, 1581]) {
      for (const percent of [97.53, 98.15, 12.34, 50, 99.94, 85.71]) {
        const any = Array.from({ length: n + 1 }, (_, k) => k).some(
          (k) => Math.floor((200 * k * 100 + n) / (2 * n)) === Math.round(percent * 100),
        )
        expect(attainableCount(percent, n) !== undefined).toBe(any)
      }
    }
  })

  it('refuses what is no percentage', () => {
    expect(() => attainableCount(101, 5)).toThrow(/percent must be a number in \[0, 100\]/)
    expect(() => attainableCount(50, 0)).toThrow(/n must be an integer >= 1/)
  })

  it('finds only the 400x figure of the paper attainable', () => {
    const found = paperAttainability(madeUpResult().report)
    expect(found.map(({ name, testSizes, counts }) => [name, testSizes, counts])).toEqual([
      ['40x', [399], []],
      ['100x', [416, 417], []],
      ['200x', [402, 403], []],
      ['400x', [364], [{ right: 355, n: 364 }]],
      ['headline, all images', [1581, 1582], []],
    ])
  })
})

describe('reportMarkdown', () => {
  it('says in the first line what was run, and of synthetic images right below', () => {
    const [first, , second] = reportMarkdown(madeUpResult().report).split('\n')
    expect(first).toMatch(/^# .*192 synthetic images, patient split, quick preset$/)
    expect(second).toMatch(/^\*\*Synthetic images: .*\*\*$/)
  })

  it('calls a limited run a rehearsal, and a full one on real images nothing', () => {
    const limited = reportMarkdown(madeUpResult({ source: 'breakhis', maxSteps: 2 }).report).split('\n')
    expect(limited[0]).toMatch(/BreaKHis images.*rehearsal/)
    expect(limited[2]).toMatch(/^\*\*Rehearsal, not a result: .*2 steps/)
    const full = reportMarkdown(madeUpResult({ source: 'breakhis' }).report)
    expect(full).not.toMatch(/rehearsal|synthetic/i)
  })

  it('holds results with n, intervals and patients, and the paper’s beside them', () => {
    const { report } = madeUpResult()
    const text = reportMarkdown(report, { peakMemoryBytes: 3 * 2 ** 30, backendDescription: 'wasm, 2 threads' })
    expect(text).toContain('| psnr | 42.30 | 0.50 | 1.61 | 5.00 % |')
    const { accuracy, n, positives } = report.results.overall
    expect(text).toContain(`| **all** | ${n} (${positives}) | 7 | ${(accuracy * 100).toFixed(2)} % | `)
    expect(text).toContain('| the paper | 98.87 | 98.15 | 97.92 | 97.53 | not stated |')
    expect(text).toContain('| the paper | 0.0391 | 0.9887 | 0.9876 |')
    expect(text).toContain('yes, 355/364')
    expect(text).toContain('pool to 98.13 %')
    expect(text).toContain('3.00 GiB')
    expect(text).toContain('20 (625)')
    expect(text).toContain('10 (24)')
  })

  it('says which of generator and bicubic is better, whichever it is', () => {
    const text = reportMarkdown(madeUpResult().report)
    expect(text).toContain('| PSNR in dB | 27.81 | 28.02 | bicubic |')
    expect(text).toContain('| SSIM | 0.7421 | 0.7305 | the generator |')
  })

  it('names leaking patients, and what an image-level split means', () => {
    const patients = ['14-2523', 'a|b'].map((name) => ({ name, train: 3, test: 1 }))
    const onBothSides = { ...noLeakage.onBothSides, patients }
    const { report } = madeUpResult({ split: 'image' }, { leakage: { ...noLeakage, onBothSides, leakedTestImages: 2 } })
    const text = reportMarkdown({ ...report, runs: report.runs.map((run) => ({ ...run, split: 'image' })) })
    expect(text).toContain('**2 patients on both sides** (images to train on + to test): 14-2523 (3 + 1 images), a\\|b')
    expect(text).toContain('2 of 64 test images are of patients that were trained on')
    expect(text).toContain('An image-level split puts pictures of one tumour on both sides')
  })

  it.each([
    ['patient', 'patient split', /\| split \| patient \(no patient on both sides\) \|/],
    ['accession', 'accession split', /\| split \| accession \(no patient on both sides, nor two ids/],
    ['image', 'image split', /\| split \| image \(the paper’s/],
    ['official:3', 'official fold 3', /\| split \| official fold 3 of BreaKHis .*no slide on both sides/],
  ])('says in title, protocol and table what a split by %s is', (split, words, sentence) => {
    const { report } = madeUpResult({ split, source: 'breakhis' })
    const runs = report.runs.map((run) => ({ ...run, split: split as RunResult['split'] }))
    const text = reportMarkdown({ ...report, runs })
    expect(text.split('\n')[0]).toContain(`, ${words}, quick preset`)
    expect(text).toMatch(sentence)
    const ours = text
      .split('\n')
      .find((line) => line.startsWith('| **this run**, ESRGAN x4 |') && line.includes('n = '))!
    expect(ours).toMatch(new RegExp(`\\| ${words} \\|$`))
    expect(/patient 14-13412 is on both sides/.test(text)).toBe(split.startsWith('official'))
  })

  it('shows pictures that are there twice, names that collide, and that a split leaks', () => {
    expect(reportMarkdown(madeUpResult().report)).toContain('no picture was found on both sides')
    const twice = {
      patients: ['p1', 'p2'],
      labels: ['benign' as const],
      train: 1,
      test: 1,
      acrossSides: true,
      nested: false,
    }
    const { report } = madeUpResult(
      {},
      {
        leakage: {
          ...noLeakage,
          pictures: { compared: 192, blank: 7, crowded: 3 },
          duplicates: [
            { kind: 'bytes', images: ['a', 'd'], turned: false, ...twice, nested: true },
            { kind: 'perceptual', images: ['a', 'b_c', 'd'], turned: true, ...twice, train: 2 },
          ],
          leaks: [{ kind: 'duplicate', match: 'perceptual', images: ['a', 'b_c', 'd'], train: 2, test: 1 }],
          testImagesInLeaks: 1,
          collisions: [
            { kind: 'accession', name: '14-1', members: ['14-1A', '14-1B'], images: 4, acrossSides: true },
            {
              kind: 'patient',
              name: '14-2',
              members: ['x', 'y'],
              diagnoses: ['malignant DC', 'malignant LC'],
              images: 4,
              sameNumbers: 2,
              acrossSides: false,
            },
            {
              kind: 'patient',
              name: '14-3',
              members: ['benign', 'malignant A', 'malignant B'],
              diagnoses: ['benign', 'malignant A', 'malignant B'],
              images: 5,
              acrossSides: false,
            },
            { kind: 'slide', name: 's_1', members: ['14-4', '14-5'], images: 6, acrossSides: true },
          ],
        },
      },
    )
    const text = reportMarkdown(report)
    expect(text).toContain(
      '**1 group of images that are identical or look the same, on both sides** (192 images compared, 7 of them blank, of which',
    )
    expect(text).toContain('Pictures that are there twice: 1 group.')
    expect(text).toContain('| looking the same, mirrored or turned | a, b\\_c, d | 2 + 1 | p1, p2 | benign |')
    expect(text).not.toContain('identical files')
    expect(text).toContain(
      '**This split leaks, which concerns 1 of 64 test images: the results above may be too good.**',
    )
    expect(text).toContain('2 patient ids that may be one person: 14-1A, 14-1B, **on both sides**')
    expect(text).toContain(
      'patient 14-2 has 2 tumour types: malignant DC, malignant LC; 4 images, 2 image numbers there twice\n',
    )
    expect(text).toContain('patient 14-3 has 3 diagnoses: benign, malignant A, malignant B; 5 images\n')
    expect(text).toContain('slide s\\_1 is filed under 2 patient ids: 14-4, 14-5, **on both sides**')
    expect(text).toContain('3 images had too many similar ones')
  })

  it('tells slides on both sides, and says nothing of names that are not known', () => {
    const section = (leakage: Partial<PipelineReport['leakage']>): string =>
      reportMarkdown(madeUpResult({}, { leakage: { ...noLeakage, ...leakage } }).report)
    const slides = [{ name: 's_1', train: 2, test: 1 }]
    const leaky = section({
      onBothSides: { ...noLeakage.onBothSides, slides },
      leaks: [{ kind: 'slide', ...slides[0]! }],
      testImagesInLeaks: 1,
      unknown: { slides: 5, accessions: 0 },
    })
    expect(leaky).toContain(
      '**1 slide on both sides** (images to train on + to test): s\\_1 (2 + 1 images); not known of 5 images',
    )
    expect(leaky).toContain('- no accession number stands on both sides\n')
    const unknown = section({ unknown: { slides: 192, accessions: 192 } })
    expect(unknown).toContain('- slides are not known\n- accession numbers are not known\n')
    expect(unknown).not.toMatch(/no (slide|accession number) stands|Accession numbers are patient ids/)
    expect(unknown).toContain('| sum | patients (slides) |')
    expect(section({})).toContain('- no slide stands on both sides\n')
    expect(section({})).toContain('| sum | slides |')
  })

  it('says that the quick preset was tuned on synthetic images, where it matters', () => {
    const tuned = 'no unbiased estimate'
    expect(reportMarkdown(madeUpResult({ source: 'synthetic', preset: 'quick' }).report)).toContain(tuned)
    expect(reportMarkdown(madeUpResult({ source: 'synthetic', preset: 'paper' }).report)).not.toContain(tuned)
    expect(reportMarkdown(madeUpResult({ source: 'breakhis', preset: 'quick' }).report)).not.toContain(tuned)
  })

  it('copes with one class, three images and one patient', () => {
    for (const shape of [{ only: 'malignant' as const }, { images: 3, patients: 1, magnifications: [100] }]) {
      const { report } = madeUpStudy({ ...shape, splits: ['patient'], arms: ['esrgan'], hasValidation: false })
      const text = reportMarkdown(report)
      expect(text).toContain('one class only')
      expect(text).not.toMatch(/\bnull\b|NaN|undefined|Infinity/)
    }
  })

  it('lists images that were left out', () => {
    const text = reportMarkdown(madeUpResult({ skipped: ['x_y.png: cannot be decoded'] }).report)
    expect(text).toContain('- x\\_y.png: cannot be decoded')
    expect(text).toContain('**Incomplete data: 1 unreadable image was left out')
  })
})

describe('writeReport', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('writes report, figures and models, and nothing else', async () => {
    const out = join(folder, 'a', 'b')
    const { files, report } = await writeReport(out, madeUpStudy())
    expect((await readdir(out)).sort()).toEqual([
      'figures',
      'generator.safetensors',
      'report.html',
      'report.json',
      'report.md',
      'siamese.safetensors',
    ])
    expect(files).toHaveLength(5 + 2 * figureNames.length)
    expect(report.figures).toHaveLength(2 * figureNames.length)
    const json = JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))
    expect(json.schemaVersion).toBe(3)
    expect(json.protocol.source).toBe('synthetic')
    expect(json.notices[0]).toMatch(/Synthetic images/)
    expect(json.figures).toContain('figures/roc.png')
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('](figures/roc.png)')
    const html = await readFile(join(out, 'report.html'), 'utf8')
    expect(html.match(/<img /g)).toHaveLength(figureNames.length)
    expect(html).toContain(`Node ${process.versions.node}, `)
    expect([...(await readFile(join(out, 'generator.safetensors')))]).toEqual([1, 2, 3])
  })

  it('spells out in report.json what JSON has no number for', async () => {
    const made = madeUpResult()
    const superResolution = { ...made.report.superResolution, psnr: Infinity, bicubicPsnr: -Infinity, ssim: NaN }
    await writeReport(folder, { ...made, report: { ...made.report, superResolution } })
    const json = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'))
    expect(json.superResolution).toMatchObject({ psnr: 'Infinity', bicubicPsnr: '-Infinity', ssim: 'NaN' })
  })

  it('replaces an earlier report, with its figures that are no more', async () => {
    await writeReport(folder, madeUpResult())
    await writeReport(folder, madeUpResult({}, { roc: null }))
    expect(await readdir(join(folder, 'figures'))).not.toContain('roc.png')
    expect(await readdir(join(folder, 'figures'))).toContain('panel.png')
  })

  it('leaves nothing half written when it fails', async () => {
    const file = join(folder, 'file')
    await writeFile(file, 'x')
    await expect(writeReport(file, madeUpResult())).rejects.toThrow(/EEXIST|ENOTDIR/)
    expect(await readFile(file, 'utf8')).toBe('x')
    expect(await readdir(folder)).toEqual(['file'])
  })
})
