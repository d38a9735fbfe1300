import type { PipelineResult } from '../pipeline/reportTypes.js'
import { armsFigure } from './armsFigure.js'
import { augmentedFigure } from './augmentedFigure.js'
import { calibrationFigure } from './calibrationFigure.js'
import { confusionFigure } from './confusionFigure.js'
import { embeddingFigure } from './embeddingFigure.js'
import { accuracyFigure, lossFigure } from './epochFigures.js'
import { esrganFigure } from './esrganFigure.js'
import { mistakesFigure } from './mistakesFigure.js'
import { panelFigure } from './panelFigure.js'
import { precisionRecallFigure } from './precisionRecallFigure.js'
import { rocFigure } from './rocFigure.js'
import { magnificationCurves, rocMagnificationsFigure } from './rocMagnificationsFigure.js'
import type { EncodeImage } from './svg.js'

/** A figure's name, whether a run has something for it to show, and how it is drawn. */
type Plan = readonly [
  name: string,
  isShown: (result: PipelineResult) => boolean,
  draw: (result: PipelineResult, encode: EncodeImage) => Promise<string>,
]

const plans: readonly Plan[] = [
  [
    'panel',
    ({ pictures }) => pictures.panels.length > 0,
    ({ report, pictures }, encode) => panelFigure(report, pictures, encode),
  ],
  ['accuracy', ({ report }) => report.history.siamese.length > 0, ({ report }) => accuracyFigure(report)],
  ['loss', ({ report }) => report.history.siamese.length > 0, ({ report }) => lossFigure(report)],
  ['roc', ({ report }) => report.roc !== null, ({ report }) => rocFigure(report)],
  // With one magnification it would be the same curve again.
  [
    'roc-magnifications',
    ({ report }) => magnificationCurves(report).length > 1,
    ({ report }) => rocMagnificationsFigure(report),
  ],
  ['precision-recall', ({ report }) => report.roc !== null, ({ report }) => precisionRecallFigure(report)],
  ['confusion', ({ report }) => report.predictions.length > 0, ({ report }) => confusionFigure(report)],
  [
    'calibration',
    ({ report }) => report.results.overall.reliability.length > 0,
    ({ report }) => calibrationFigure(report),
  ],
  ['embedding', ({ report }) => (report.embedding?.points.length ?? 0) > 0, ({ report }) => embeddingFigure(report)],
  [
    'mistakes',
    ({ pictures }) => pictures.mistakes.length > 0,
    ({ report, pictures }, encode) => mistakesFigure(report, pictures, encode),
  ],
  ['arms', ({ report }) => report.runs.length > 1, ({ report }) => armsFigure(report)],
  [
    'augmented',
    ({ pictures }) => pictures.augmented.length > 0,
    ({ report, pictures }, encode) => augmentedFigure(report, pictures, encode),
  ],
  ['esrgan', ({ report }) => report.history.esrgan.length > 0, ({ report }) => esrganFigure(report)],
]

/** Names of the figures that {@link renderFigures} can give. */
export const figureNames: readonly string[] = plans.map(([name]) => name)

/**
 * Every figure of a run that has something to show, each an SVG file by its name ({@link figureNames}). A figure without data (no
 * ROC curve of one class, no augmented copy, no second run to compare) is left out.
 *
 * @param encode - turns pixels into a data URL; in a browser by a canvas, in Node by an image library.
 */
export async function renderFigures(result: PipelineResult, encode: EncodeImage): Promise<Map<string, string>> {
  const figures = new Map<string, string>()
  for (const [name, isShown, draw] of plans) if (isShown(result)) figures.set(name, await draw(result, encode))
  return figures
}
