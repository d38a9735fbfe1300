import { describe, expect, it } from 'vitest'
import { OneClassError } from '../../src/errors.js'
import {
  accuracyFigure,
  armsFigure,
  augmentedFigure,
  calibrationFigure,
  confusionFigure,
  embeddingFigure,
  esrganFigure,
  figureNames,
  lossFigure,
  mistakesFigure,
  panelFigure,
  precisionRecallFigure,
  renderFigures,
  rocFigure,
  rocMagnificationsFigure,
} from '../../src/figures/index.js'
import { rasterize } from '../../src/node/rasterize.js'
import { encodeImage } from '../../src/node/index.js'
import type { PixelImage } from '../../src/image.js'
import { madeUpResult } from './madeUp.js'
import { madeUpStudy, type StudyShape } from './madeUpStudy.js'

const encode = async (image: PixelImage): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await encodeImage(image, 'figure.png')).toString('base64')}`

/** The figure's words, as a reader finds them. */
const words = (svg: string): string =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text]) => text!.replaceAll(/<[^>]*>/g, '')).join('\n')

/** Words in one line, however the small print is broken. */
const flat = (svg: string): string => words(svg).replaceAll('\n', ' ')

/** What XML cannot hold, and words of values that are none. */
// oxlint-disable-next-line no-control-regex
const broken = /NaN|undefined|Infinity|[\u0000-\u0008\u000b\u000c\u000e-\u001f\uFFFE\uFFFF]|\p{Surrogate}/u

describe('figures', () => {
  it('are all drawn, each a whole SVG file with the protocol in small print', async () => {
    const figures = await renderFigures(madeUpStudy(), encode)
    expect([...figures.keys()]).toEqual(figureNames)
    for (const [name, svg] of figures) {
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/)
      expect(flat(svg)).toContain(
        `patient split${name === 'arms' ? ', image split' : ''} · seed 1 · quick preset · wasm backend · 192 synthetic images of 24 patients`,
      )
      expect(words(svg)).toContain('SYNTHETIC IMAGES')
      expect(svg.replaceAll(/data:[^"]*/g, '')).not.toMatch(broken)
    }
  })

  it('of real images say nothing of synthetic ones, and a limited run calls itself a rehearsal', async () => {
    const real = madeUpResult({ source: 'breakhis' }).report
    expect(words(await accuracyFigure(real))).not.toMatch(/synthetic/i)
    const limited = madeUpResult({ source: 'breakhis', maxSteps: 2 }).report
    expect(words(await lossFigure(limited))).toContain('REHEARSAL: every stage limited to 2 steps')
  })

  it('show what they are about', async () => {
    const { report, pictures } = madeUpResult()
    const roc = words(await rocFigure(report))
    const { auc, aucInterval, n, positives } = report.results.overall
    expect(roc).toContain(`AUC ${auc!.toFixed(3)} [${aucInterval!.low.toFixed(3)}, ${aucInterval!.high.toFixed(3)}]`)
    expect(roc).toContain(`test side: ${n} images (${positives} malignant)`)
    expect(roc).toContain('chance, AUC 0.5')
    expect(words(await esrganFigure(report))).toMatch(/PSNR stage: l1[\s\S]*GAN stage: discriminator/)
    const panel = await panelFigure(report, pictures, encode)
    expect(words(panel)).toMatch(/input \(1\/4 size\)\nbicubic x4\nESRGAN x4\noriginal/)
    expect(panel.match(/<image /g)).toHaveLength(4 * pictures.panels.length)
    // The better of the two is bold, whichever it is.
    expect(panel).toMatch(/font-weight="bold">28\.12 dB/)
    expect(panel).toMatch(/font-weight="bold">30\.30 dB/)
    const augmented = await augmentedFigure(report, pictures, encode)
    expect(augmented.match(/<image /g)).toHaveLength(pictures.augmented.length)
  })

  it('hold the numbers of the report', async () => {
    const { report, pictures } = madeUpStudy()
    const [run] = report.runs
    const { overall, byMagnification } = run!.heads.sigmoid
    const roc = flat(await rocFigure(report))
    expect(roc).toContain('threshold 0.544, locked on validation')
    const { low, high } = overall.aucByPatient!
    expect(roc).toContain(
      `AUC by patient: [${low.toFixed(3)}, ${high.toFixed(3)}] (95 %, percentile bootstrap by patient)`,
    )
    const each = flat(await rocMagnificationsFigure(report))
    for (const [magnification, { auc, n, patients }] of Object.entries(byMagnification)) {
      expect(each).toContain(`${magnification}x: AUC ${auc!.toFixed(3)}`)
      expect(each).toContain(`${n} images of ${patients} patients`)
    }
    const precision = flat(await precisionRecallFigure(report))
    expect(precision).toContain(`average precision ${overall.averagePrecision!.toFixed(3)}`)
    expect(precision).toContain(`every image called malignant, precision ${(overall.positives / overall.n).toFixed(3)}`)
    const calibration = flat(await calibrationFigure(report))
    expect(calibration).toContain(`Brier score ${overall.brier!.toFixed(4)}`)
    expect(calibration).toContain(
      `calibration error ${overall.calibrationError!.value.toFixed(4)} (10 bins of equal width)`,
    )
    const confusion = words(await confusionFigure(report)).split('\n')
    expect(confusion).toEqual(expect.arrayContaining(['sigmoid, threshold 0.5', 'support, threshold 0.544, locked']))
    const { tp, fp, tn, fn } = overall.decisions.confusion
    expect(confusion).toEqual(expect.arrayContaining([tp, fp, tn, fn].map(String)))
    expect(confusion).toContain(`${((tp / (tp + fn)) * 100).toFixed(1)} %`)
    const map = flat(await embeddingFigure(report))
    expect(map).toContain('principal component 1 (52.3 % of the variance)')
    expect(map).toContain(`ringed: ${fp + fn} wrong answers at 0.5`)
    expect(map).toContain('14-2500')
    const arms = flat(await armsFigure(report))
    for (const text of [
      'no enlargement',
      'bicubic x4',
      'PSNR-stage generator x4',
      'ESRGAN x4',
      'patient split, image split · seed',
      'AUC',
    ])
      expect(arms).toContain(text)
    const mistakes = await mistakesFigure(report, pictures, encode)
    expect(mistakes.match(/<image /g)).toHaveLength(8 * 3)
    expect(flat(mistakes)).toMatch(/malignant, p = 0\.030.*patient 14-2500.*distance 0\.123/)
  })

  it('of curves per epoch say which side they are of', async () => {
    expect(flat(await accuracyFigure(madeUpStudy().report))).toContain('validation (24 images of 4 patients)')
    const { report } = madeUpStudy({ hasValidation: false })
    expect(flat(await lossFigure(report))).toContain('test, loss of the head (64 images of 12 patients; chose nothing)')
  })

  const hostile = (i: number): string =>
    `${'long '.repeat(30)}<script>alert(${i})</script> & "x" \u202e\u0007\uD800 ${i}`
  it.each([
    [
      'one class',
      { only: 'malignant', splits: ['patient'], arms: ['esrgan'], images: 10 },
      ['roc', 'precision-recall'],
    ],
    [
      'three images',
      { images: 3, patients: 2, magnifications: [100], arms: ['esrgan', 'none'], hasValidation: false, mistakes: 1 },
      ['roc'],
    ],
    [
      'one magnification',
      { magnifications: [400], splits: ['patient'], arms: ['esrgan'] },
      ['roc-magnifications', 'arms'],
    ],
    ['2000 images', { images: 2000, patients: 82, splits: ['image'], arms: ['esrgan'] }, ['arms']],
    ['names that are long and hostile', { patientName: hostile, images: 24, patients: 6 }, []],
  ] as const)('survive %s', async (_, shape, absent) => {
    const figures = await renderFigures(madeUpStudy(shape as StudyShape), encode)
    for (const name of absent) expect(figures.has(name)).toBe(false)
    for (const svg of figures.values()) {
      expect(svg.replaceAll(/data:[^"]*/g, '')).not.toMatch(broken)
      expect(svg).not.toContain('<script')
      expect(svg.length).toBeLessThan(1_200_000)
    }
    // A renderer that checks its XML reads them.
    for (const name of ['embedding', 'mistakes'])
      expect(rasterize(figures.get(name)!, { scale: 0.25 }).length).toBeGreaterThan(500)
  })

  it('refuse what they cannot show', async () => {
    const { report } = madeUpStudy({ only: 'benign', images: 6, patients: 2, splits: ['patient'], arms: ['esrgan'] })
    await expect(rocMagnificationsFigure(report)).rejects.toThrow(/report\.predictions must hold both classes/)
    await expect(precisionRecallFigure(report)).rejects.toThrow(OneClassError)
    await expect(embeddingFigure({ ...report, embedding: null })).rejects.toThrow(/report\.embedding must hold points/)
    const results = { ...report.results, overall: { ...report.results.overall, reliability: [] } }
    await expect(calibrationFigure({ ...report, results })).rejects.toThrow(/reliability must hold bins/)
  })

  it('leave out what has no data', async () => {
    const { report, pictures, models } = madeUpResult(
      {},
      { roc: null, predictions: [], history: { esrgan: [], rollBacks: [], siamese: [] } },
    )
    const figures = await renderFigures({ report, pictures: { ...pictures, augmented: [] }, models }, encode)
    expect([...figures.keys()].filter((name) => name !== 'calibration')).toEqual(['panel'])
    await expect(rocFigure(report)).rejects.toThrow(/report\.roc must be a curve/)
  })

  it('keep the names of images from becoming markup', async () => {
    const { report, pictures } = madeUpResult()
    const panels = [{ ...pictures.panels[0]!, caption: '<script>&"' }]
    const svg = await panelFigure(report, { ...pictures, panels }, encode)
    expect(svg).toContain('&lt;script&gt;&amp;&quot;')
    expect(svg).not.toContain('<script>')
  })

  it('survive one epoch, one step and thousands of steps', async () => {
    const { history } = madeUpResult().report
    const short = madeUpResult(
      {},
      { history: { esrgan: history.esrgan.slice(0, 1), rollBacks: [], siamese: history.siamese.slice(0, 1) } },
    )
    expect([...(await renderFigures(short, encode)).keys()]).toEqual(
      expect.arrayContaining(['panel', 'accuracy', 'loss', 'roc', 'augmented', 'esrgan']),
    )
    const steps = Array.from({ length: 5000 }, (_, i) => ({
      stage: 'psnr' as const,
      step: i + 1,
      values: { l1: 1 / (i + 1) },
    }))
    const long = madeUpResult({}, { history: { esrgan: steps, rollBacks: [], siamese: [] } })
    expect((await esrganFigure(long.report)).length).toBeLessThan(200_000)
  })
})

describe('rasterize', () => {
  const size = (png: Uint8Array): number[] => {
    const view = new DataView(png.buffer, png.byteOffset)
    return [view.getUint32(16), view.getUint32(20)]
  }

  it('gives a PNG of twice the size, with text, the same each time', () => {
    const svg = (text: string): string =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text x="2" y="14" font-family="DejaVu Sans" font-size="12">${text}</text></svg>`
    const png = rasterize(svg('abc'))
    expect(png.slice(1, 4)).toEqual(Buffer.from('PNG'))
    expect(size(png)).toEqual([120, 40])
    expect(rasterize(svg('abc'))).toEqual(png)
    // Fonts are found: other text, other pixels.
    expect(rasterize(svg('xyz'))).not.toEqual(png)
    expect(size(rasterize(svg('abc'), { scale: 1 }))).toEqual([60, 20])
  })

  it('refuses what is no SVG', () => {
    expect(() => rasterize('no svg')).toThrow(/svg must be an SVG file/)
    expect(() => rasterize('<svg/>', { scale: 0 })).toThrow(/options\.scale/)
  })
})
