import type { PipelinePictures, PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { bodyTop, fitText, imageAt, margin, svgFile, textAt, wholePixels, wrapLines, type EncodeImage } from './svg.js'

const wanted = 168
const gap = 12
const columns = 4

/** Augmented training images with their captions in a grid (the paper's Fig. 1), as SVG. */
export async function augmentedFigure(
  report: PipelineReport,
  pictures: PipelinePictures,
  encode: EncodeImage,
): Promise<string> {
  const lines = wrapLines(protocolLines(report), 600 - 2 * margin)
  const body: string[] = []
  const cell = wholePixels(pictures.augmented[0]?.image.width ?? wanted, wanted)
  let y = bodyTop(lines)
  const used = Math.min(columns, Math.max(1, pictures.augmented.length))
  for (let start = 0; start < pictures.augmented.length; start += columns) {
    const row = pictures.augmented.slice(start, start + columns)
    const height = Math.max(...row.map(({ image }) => Math.round((cell * image.height) / image.width)))
    for (const [i, { caption, image }] of row.entries()) {
      const x = margin + i * (cell + gap)
      body.push(await imageAt(x, y, cell, Math.round((cell * image.height) / image.width), image, encode))
      // A caption such as `name, what was done` takes a line for each part.
      const [name, ...done] = caption.split(/[,:] /)
      body.push(textAt(x, y + height + 14, fitText(name!, cell, 9), { size: 9 }))
      body.push(textAt(x, y + height + 26, fitText(done.join(', '), cell, 9), { size: 9 }))
    }
    y += height + 26 + gap + 6
  }
  const width = Math.max(600, 2 * margin + used * (cell + gap) - gap)
  return svgFile(width, y + margin - gap, 'Augmented training images', lines, body)
}
