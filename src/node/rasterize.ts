import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import { ArgumentError, requireRange } from '../errors.js'

/** The TTF files of the figures' font, which come with the package. */
function fontFiles(): string[] {
  const folder = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf')
  return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans-Oblique.ttf'].map((file) => join(folder, file))
}

/**
 * PNG of an SVG file, `scale` times its own size (default 2). Text is drawn with the DejaVu Sans files of the package, never
 * with the machine's fonts, so that the same SVG gives the same PNG everywhere.
 *
 * @throws ArgumentError where the SVG cannot be read, or the scale is not in [0.1, 10].
 */
export function rasterize(svg: string, { scale = 2 }: { scale?: number } = {}): Uint8Array {
  requireRange('options.scale', scale, 0.1, 10)
  let image: Resvg
  try {
    image = new Resvg(svg, {
      fitTo: { mode: 'zoom', value: scale },
      background: 'white',
      font: {
        loadSystemFonts: false,
        fontFiles: fontFiles(),
        defaultFontFamily: 'DejaVu Sans',
        sansSerifFamily: 'DejaVu Sans',
      },
    })
  } catch (error) {
    throw new ArgumentError('svg', `be an SVG file (${error instanceof Error ? error.message : String(error)})`, svg)
  }
  return image.render().asPng()
}
