import type { PipelinePictures, PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { colours } from './style.js'
import { bodyTop, fitText, imageAt, margin, svgFile, textAt, wholePixels, wrapLines, type EncodeImage } from './svg.js'

const wanted = 216
const gap = 10

/**
 * Crops of held-out images side by side: the low-resolution input, bicubic, ESRGAN, the original, as SVG. The PSNR of the
 * whole image stands under bicubic and ESRGAN, the higher one in bold.
 */
export async function panelFigure(
  report: PipelineReport,
  pictures: PipelinePictures,
  encode: EncodeImage,
): Promise<string> {
  const { superResolution: sr } = report
  const small = [
    ...protocolLines(report),
    `held-out images, PSNR of the whole image on Y, crop ${sr.crop}; mean of ${sr.n}: bicubic ${sr.bicubicPsnr.toFixed(2)} dB, ESRGAN ${sr.psnr.toFixed(2)} dB`,
  ]
  const body: string[] = []
  const cell = wholePixels(pictures.panels[0]?.hr.width ?? wanted, wanted)
  const lines = wrapLines(small, 4 * cell + 3 * gap)
  let y = bodyTop(lines)
  const at = (column: number): number => margin + column * (cell + gap)
  for (const [i, heading] of ['input (1/4 size)', 'bicubic x4', 'ESRGAN x4', 'original'].entries()) {
    body.push(textAt(at(i) + cell / 2, y + 12, heading, { size: 12, bold: true, anchor: 'middle' }))
  }
  y += 20
  for (const { caption, lr, bicubic, sr: enlarged, hr, psnr } of pictures.panels) {
    const height = Math.round((cell * hr.height) / hr.width)
    for (const [i, image] of [lr, bicubic, enlarged, hr].entries()) {
      body.push(await imageAt(at(i), y, cell, height, image, encode))
    }
    const under = y + height + 15
    const value = (column: number, own: number, other: number): string =>
      textAt(at(column) + cell / 2, under, `${own.toFixed(2)} dB`, {
        anchor: 'middle',
        bold: Number(own.toFixed(2)) > Number(other.toFixed(2)),
      })
    // A caption of the form `name, what it is` takes a line for each part.
    const [name, ...rest] = caption.split(', ')
    body.push(textAt(at(0), under, fitText(name!, cell, 9), { size: 9, colour: colours.grey }))
    body.push(textAt(at(0), under + 12, fitText(rest.join(', '), cell, 9), { size: 9, colour: colours.grey }))
    body.push(value(1, psnr.bicubic, psnr.sr), value(2, psnr.sr, psnr.bicubic))
    y = under + 24
  }
  return svgFile(
    2 * margin + 4 * cell + 3 * gap,
    y + margin - 8,
    'Super-resolution x4 of images the generator never saw',
    lines,
    body,
  )
}
