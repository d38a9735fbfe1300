import { printable } from '../errors.js'
import type { PixelImage } from '../image.js'
import { colours, font } from './style.js'

/** Turns pixels into a data URL, for example `data:image/png;base64,...`; a figure embeds it. */
export type EncodeImage = (image: PixelImage) => Promise<string>

/** Text without the characters that XML cannot hold, or that turn writing round: names of images are chosen by others. */
export const safeText = (text: string): string => printable(text).replaceAll(/[\p{Surrogate}\uFFFE\uFFFF]/gu, '\uFFFD')

/** Text that is safe inside SVG. */
export const escapeXML = (text: string): string =>
  safeText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** How {@link textAt} looks. */
export interface TextStyle {
  readonly size?: number
  readonly bold?: boolean
  readonly colour?: string
  readonly anchor?: 'start' | 'middle'
}

/** One line of text with its baseline at (x, y). */
export function textAt(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { size = 11, bold = false, colour = colours.ink, anchor = 'start' } = style
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${bold ? ' font-weight="bold"' : ''}>${escapeXML(text)}</text>`
}

/** Cuts the middle out of text that would be wider than `width` pixels at the given font size: names often differ at their ends. */
export function fitText(text: string, width: number, size: number): string {
  const fits = Math.max(2, Math.floor(width / (size * 0.6)))
  if (text.length <= fits) return text
  const head = Math.ceil((fits - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (fits - 1 - head))}`
}

/** Mean width of a letter of whole sentences in DejaVu Sans, a little more than it is, by font size. */
const letter = 0.56

/** Lines of small print, broken between words where they would be wider than `width` pixels. */
export function wrapLines(lines: readonly string[], width: number, size = 10): string[] {
  return lines.flatMap((line) => {
    const broken: string[] = []
    for (const word of line.split(' ')) {
      const longer = `${broken.at(-1) ?? ''} ${word}`
      if (broken.length > 0 && longer.length * size * letter <= width) broken[broken.length - 1] = longer
      else broken.push(fitText(word, width, size))
    }
    return broken
  })
}

/** The width near `wanted` that shows every pixel equally large. */
export const wholePixels = (width: number, wanted: number): number => width * Math.max(1, Math.round(wanted / width))

/** A picture at (x, y), enlarged without smoothing so that its own pixels show. */
export async function imageAt(
  x: number,
  y: number,
  width: number,
  height: number,
  image: PixelImage,
  encode: EncodeImage,
): Promise<string> {
  const url = escapeXML(await encode(image))
  return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" image-rendering="optimizeSpeed" href="${url}"/>`
}

/** A whole SVG file of the given size: white ground, title, small print, then the body. */
export function svgFile(
  width: number,
  height: number,
  title: string,
  lines: readonly string[],
  body: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}, sans-serif">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    textAt(margin, margin + 14, title, { size: 15, bold: true }),
    ...lines.map((line, i) => textAt(margin, margin + 34 + i * 14, line, { size: 10, colour: colours.grey })),
    ...body,
    '</svg>',
  ].join('\n')
}

/** White border of {@link svgFile} in pixels. */
export const margin = 16

/** Where the body of {@link svgFile} may begin. */
export const bodyTop = (lines: readonly string[]): number => margin + 34 + lines.length * 14 + 6
