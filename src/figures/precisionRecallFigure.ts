import { precisionRecallCurve } from '../metrics/index.js'
import type { PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { colours } from './style.js'
import { unitChart, type UnitCurve } from './unitChart.js'
import { testLine } from './words.js'

/**
 * Precision against recall of the default run, by steps as its average precision is, with the operating points and the
 * precision of calling every image malignant, as SVG.
 *
 * @throws OneClassError where the test images are of one class.
 */
export async function precisionRecallFigure(report: PipelineReport): Promise<string> {
  const { predictions, results } = report
  const { averagePrecision, decisions, locked, positives, n } = results.overall
  const { precision, recall } = precisionRecallCurve(
    predictions.map(({ label }) => label === 'malignant'),
    predictions.map(({ score }) => score),
  )
  const points = [decisions, locked].flatMap((made, i): UnitCurve[] => {
    if (made === null || made.precision === null || made.tpr === null) return []
    const { rule, value } = made.threshold
    const name = rule === 'fixed' ? `threshold ${value}` : `threshold ${value.toFixed(3)}, locked on validation`
    return [
      {
        name,
        colour: i === 0 ? colours.orange : colours.green,
        kind: 'point',
        points: [{ x: made.tpr, y: made.precision }],
      },
    ]
  })
  const share = positives / n
  return await unitChart({
    title: 'Precision and recall, test images',
    lines: [...protocolLines(report), testLine(report)],
    x: 'recall (true positive rate)',
    y: 'precision',
    curves: [
      {
        name: `every image called malignant, precision ${share.toFixed(3)}`,
        colour: colours.grey,
        dash: [5, 4],
        width: 1.5,
        points: [0, 1].map((x) => ({ x, y: share })),
      },
      {
        name: averagePrecision === null ? 'precision' : `average precision ${averagePrecision.toFixed(3)}`,
        colour: colours.blue,
        kind: 'step',
        points: Array.from(recall, (x, i) => ({ x, y: precision[i]! })).reverse(),
      },
      ...points,
    ],
  })
}
