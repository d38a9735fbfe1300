import type { PipelineResult } from '../pipeline/reportTypes.js'
import { augmentedFigure } from './augmentedFigure.js'
import { accuracyFigure, lossFigure } from './epochFigures.js'
import { esrganFigure } from './esrganFigure.js'
import { panelFigure } from './panelFigure.js'
import { rocFigure } from './rocFigure.js'
import type { EncodeImage } from './svg.js'

/** Names of the figures that {@link renderFigures} can give. */
export const figureNames: readonly string[] = ['panel', 'accuracy', 'loss', 'roc', 'augmented', 'esrgan']

/**
 * Every figure of a run that has something to show: `panel`, `accuracy`, `loss`, `roc`, `augmented` and `esrgan`, each an SVG
 * file by its name. A figure without data (no ROC curve of one class, no augmented copy) is left out.
 *
 * @param encode - turns pixels into a data URL; in a browser by a canvas, in Node by an image library.
 */
export async function renderFigures(result: PipelineResult, encode: EncodeImage): Promise<Map<string, string>> {
  const { report, pictures } = result
  const figures = new Map<string, string>()
  if (pictures.panels.length > 0) figures.set('panel', await panelFigure(report, pictures, encode))
  if (report.history.siamese.length > 0) {
    figures.set('accuracy', await accuracyFigure(report))
    figures.set('loss', await lossFigure(report))
  }
  if (report.roc !== null) figures.set('roc', await rocFigure(report))
  if (pictures.augmented.length > 0) figures.set('augmented', await augmentedFigure(report, pictures, encode))
  if (report.history.esrgan.length > 0) figures.set('esrgan', await esrganFigure(report))
  return figures
}
