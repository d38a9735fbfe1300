/** The pictures of `npm run verify:esrgan`: curve and panel, as SVG. */
import { resizeImage } from '../../src/data/index.js'
import { titledChart } from '../../src/figures/renderChart.js'
import { colours } from '../../src/figures/style.js'
import { bodyTop, fitText, imageAt, margin, svgFile, textAt, wholePixels, wrapLines } from '../../src/figures/svg.js'
import type { PixelImage } from '../../src/image.js'
import { encodeImage } from '../../src/node/images.js'

/** PSNR of held-out images at a step, counted through both stages. */
export interface CurvePoint {
  readonly stage: 'psnr' | 'gan'
  readonly step: number
  readonly psnr: number
}

/** The curve of both stages beside bicubic interpolation. */
export function curveFigure(points: readonly CurvePoint[], bicubic: number, lines: readonly string[]): Promise<string> {
  const psnrSteps = Math.max(0, ...points.filter(({ stage }) => stage === 'psnr').map(({ step }) => step))
  const values = points.map(({ stage, step, psnr }) => ({
    step: stage === 'psnr' ? step : psnrSteps + step,
    psnr,
    stage: stage === 'psnr' ? 'PSNR stage' : 'GAN stage',
  }))
  const label = `bicubic ${bicubic.toFixed(2)} dB`
  return titledChart('Held-out PSNR while training', lines, {
    width: 560,
    height: 280,
    layer: [
      {
        data: { values },
        mark: { type: 'line', strokeWidth: 1.5, point: { size: 14 } },
        encoding: {
          x: { field: 'step', type: 'quantitative', title: 'step' },
          y: { field: 'psnr', type: 'quantitative', title: 'PSNR (dB)', scale: { zero: false } },
          color: {
            field: 'stage',
            type: 'nominal',
            title: null,
            sort: ['PSNR stage', 'GAN stage', label],
            scale: {
              domain: ['PSNR stage', 'GAN stage', label],
              range: [colours.blue, colours.orange, colours.grey],
            },
          },
        },
      },
      {
        data: { values: [{ bicubic }] },
        mark: { type: 'rule', strokeDash: [5, 4] },
        encoding: { y: { field: 'bicubic', type: 'quantitative' }, color: { datum: label } },
      },
    ],
  })
}

/** One row of the panel: crops of one size, the first one smaller by the scale. */
export interface PanelRow {
  readonly caption: string
  readonly lr: PixelImage
  readonly images: readonly PixelImage[]
  /** What stands beneath each of `images`. */
  readonly notes: readonly string[]
}

/** Crops of held-out images side by side. */
export async function stagesFigure(
  headings: readonly string[],
  rows: readonly PanelRow[],
  lines: readonly string[],
): Promise<string> {
  const encode = async (image: PixelImage): Promise<string> =>
    `data:image/png;base64,${Buffer.from(await encodeImage(image, 'figure.png')).toString('base64')}`
  const gap = 10
  const cell = wholePixels(rows[0]!.images[0]!.width, 200)
  const at = (column: number): number => margin + column * (cell + gap)
  const width = 2 * margin + headings.length * (cell + gap) - gap
  const small = wrapLines(lines, width - 2 * margin)
  let y = bodyTop(small)
  const body = headings.map((heading, i) =>
    textAt(at(i) + cell / 2, y + 12, heading, { size: 12, bold: true, anchor: 'middle' }),
  )
  y += 20
  for (const { caption, lr, images, notes } of rows) {
    const [{ width, height }] = images as [PixelImage]
    const cellHeight = Math.round((cell * height) / width)
    const magnified = resizeImage(lr, { width, height, method: 'nearest' })
    for (const [i, image] of [magnified, ...images].entries()) {
      body.push(await imageAt(at(i), y, cell, cellHeight, image, encode))
    }
    y += cellHeight + 14
    body.push(textAt(at(0), y, fitText(caption, cell, 9), { size: 9, colour: colours.grey }))
    for (const [i, note] of notes.entries()) body.push(textAt(at(i + 1) + cell / 2, y, note, { anchor: 'middle' }))
    y += 10
  }
  return svgFile(width, y + margin, 'Super-resolution x4 of images of patients it never saw', small, body)
}
