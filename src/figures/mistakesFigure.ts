import type { PixelImage } from '../image.js'
import type { PipelinePictures, PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { classColours, colours } from './style.js'
import { bodyTop, fitText, imageAt, margin, svgFile, textAt, wrapLines, type EncodeImage } from './svg.js'

const cell = 118
const gap = 8
const between = 30
const narrowest = 720
const captionLines = 3
const below = 13 * captionLines + 22

type Mistake = PipelinePictures['mistakes'][number]

/** Width and height of a picture in a square cell, in its own proportions. */
function sizeOf(image: PixelImage): [width: number, height: number] {
  const scale = cell / Math.max(image.width, image.height)
  return [Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale))]
}

/** The height of a mistake's tallest picture. */
const heightOf = ({ image, nearest }: Mistake): number =>
  Math.max(...[image, ...nearest.map((reference) => reference.image)].map((each) => sizeOf(each)[1]))

/** A picture at the top of its cell, with the colour of its class around it. */
async function thumbnail(
  x: number,
  y: number,
  image: PixelImage,
  label: Mistake['label'],
  encode: EncodeImage,
): Promise<string[]> {
  const [width, height] = sizeOf(image)
  const left = x + (cell - width) / 2
  return [
    await imageAt(left, y, width, height, image, encode),
    `<rect x="${left - 1}" y="${y - 1}" width="${width + 2}" height="${height + 2}" fill="none" stroke="${classColours[label]}" stroke-width="2"/>`,
  ]
}

/** Lines of small text below y, in the width of a cell. */
const under = (x: number, y: number, lines: readonly { text: string; bold?: boolean; colour?: string }[]): string[] =>
  lines.map(({ text, bold = false, colour = colours.ink }, i) =>
    textAt(x, y + 15 + 13 * i, fitText(text, cell, 9), { size: 9, bold, colour }),
  )

async function mistakeAt(
  x: number,
  y: number,
  height: number,
  mistake: Mistake,
  encode: EncodeImage,
): Promise<string[]> {
  const { image, label, score, patient, caption, nearest } = mistake
  const body = await thumbnail(x, y, image, label, encode)
  body.push(
    ...under(x, y + height, [
      { text: `${label}, p = ${score.toFixed(3)}`, bold: true, colour: classColours[label] },
      { text: caption, colour: colours.grey },
      { text: `patient ${patient}`, colour: colours.grey },
    ]),
  )
  for (const [i, reference] of nearest.entries()) {
    const left = x + (i + 1) * (cell + gap) + gap
    body.push(...(await thumbnail(left, y, reference.image, reference.label, encode)))
    body.push(
      ...under(left, y + height, [
        { text: reference.label, colour: classColours[reference.label] },
        { text: reference.caption, colour: colours.grey },
        { text: `distance ${Number(reference.distance.toPrecision(3))}`, colour: colours.grey },
      ]),
    )
  }
  return body
}

/**
 * The default run's most confident wrong answers at threshold 0.5, each with the training images whose embeddings are nearest, as
 * SVG. Frames and words have the colour of the true class.
 */
export async function mistakesFigure(
  report: PipelineReport,
  pictures: PipelinePictures,
  encode: EncodeImage,
): Promise<string> {
  const { mistakes } = pictures
  const small = [
    ...protocolLines(report),
    'left: the test image with its true class and the probability of malignant; right of it: the nearest training images',
  ]
  const lines = wrapLines(small, narrowest - 2 * margin)
  const cells = 1 + Math.max(0, ...mistakes.map(({ nearest }) => nearest.length))
  const width = cells * (cell + gap)
  const columns = Math.min(2, Math.max(1, mistakes.length))
  const body: string[] = []
  let y = bodyTop(lines)
  for (let start = 0; start < mistakes.length; start += columns) {
    const row = mistakes.slice(start, start + columns)
    const height = Math.max(...row.map(heightOf))
    for (const [i, mistake] of row.entries())
      body.push(...(await mistakeAt(margin + i * (width + between), y, height, mistake, encode)))
    y += height + below
  }
  return svgFile(
    Math.max(narrowest, 2 * margin + columns * width + (columns - 1) * between),
    y + margin - 10,
    'The most confident wrong answers',
    lines,
    body,
  )
}
