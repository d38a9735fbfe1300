import { ArgumentError } from '../errors.js'
import { rocCurve } from '../metrics/index.js'
import type { PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { chance } from './rocFigure.js'
import { series } from './style.js'
import { unitChart, type UnitCurve } from './unitChart.js'
import { bracket, methodWords, testLine } from './words.js'

const dashes: readonly number[][] = [
  [1, 0],
  [8, 3],
  [3, 3],
  [8, 3, 2, 3],
]

/** ROC curves of the magnifications whose test images are of both classes, one each. */
export function magnificationCurves({ predictions, results }: PipelineReport): UnitCurve[] {
  return Object.entries(results.byMagnification).flatMap(([magnification, { auc, aucInterval, n, patients }], i) => {
    const shown = predictions.filter((each) => String(each.magnification) === magnification)
    if (auc === null || shown.length === 0) return []
    const { fpr, tpr } = rocCurve(
      shown.map(({ label }) => label === 'malignant'),
      shown.map(({ score }) => score),
    )
    return [
      {
        name: `${magnification}x: AUC ${auc.toFixed(3)}${bracket(aucInterval)}, ${n} images of ${patients} patients`,
        colour: series[i % series.length]!,
        dash: dashes[i % dashes.length]!,
        points: Array.from(fpr, (x, k) => ({ x, y: tpr[k]! })),
      },
    ]
  })
}

/**
 * ROC curve of each magnification of the default run, as SVG.
 *
 * @throws ArgumentError where no magnification holds both classes.
 */
export async function rocMagnificationsFigure(report: PipelineReport): Promise<string> {
  const curves = magnificationCurves(report)
  if (curves.length === 0)
    throw new ArgumentError('report.predictions', 'hold both classes at one magnification at least', report.predictions)
  const interval = Object.values(report.results.byMagnification).find(({ aucInterval }) => aucInterval !== null)
  const how =
    interval === undefined ? [] : [`in brackets: ${methodWords(interval.aucInterval!)}, images as independent`]
  return await unitChart({
    title: 'ROC by magnification, test images',
    lines: [...protocolLines(report), testLine(report), ...how],
    x: 'false positive rate',
    y: 'true positive rate',
    curves: [chance, ...curves],
  })
}
