import { describe, expect, it } from 'vitest'
import {
  accuracyFigure,
  augmentedFigure,
  esrganFigure,
  figureNames,
  lossFigure,
  panelFigure,
  renderFigures,
  rocFigure,
} from '../../src/figures/index.js'
import { rasterize } from '../../src/node/rasterize.js'
import { encodeImage } from '../../src/node/index.js'
import type { PixelImage } from '../../src/image.js'
import { madeUpResult } from './madeUp.js'

const encode = async (image: PixelImage): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await encodeImage(image, 'figure.png')).toString('base64')}`

/** The figure's words, as a reader finds them. */
const words = (svg: string): string =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text]) => text!.replaceAll(/<[^>]*>/g, '')).join('\n')

describe('figures', () => {
  it('are all drawn, each a whole SVG file with the protocol in small print', async () => {
    const figures = await renderFigures(madeUpResult(), encode)
    expect([...figures.keys()].sort()).toEqual([...figureNames].sort())
    for (const svg of figures.values()) {
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>$/)
      expect(words(svg)).toContain(
        'patient split · seed 1 · quick preset · wasm backend · 192 synthetic images of 24 patients',
      )
      expect(words(svg)).toContain('SYNTHETIC IMAGES')
      expect(svg).not.toMatch(/NaN|undefined/)
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
    expect(roc).toContain(`n = ${n} images (${positives} malignant)`)
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

  it('leave out what has no data', async () => {
    const { report, pictures, models } = madeUpResult(
      {},
      { roc: null, history: { esrgan: [], rollBacks: [], siamese: [] } },
    )
    const figures = await renderFigures({ report, pictures: { ...pictures, augmented: [] }, models }, encode)
    expect([...figures.keys()]).toEqual(['panel'])
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
    expect([...(await renderFigures(short, encode)).keys()]).toHaveLength(6)
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
