import type { PipelineReport } from '../pipeline/reportTypes.js'
import { ArgumentError } from '../errors.js'
import { protocolLines } from './protocolLines.js'
import { colours } from './style.js'
import { unitChart, type UnitCurve } from './unitChart.js'
import { bracket, methodWords, testLine } from './words.js'

/** The line of a score that knows nothing. */
export const chance: UnitCurve = {
  name: 'chance, AUC 0.5',
  colour: colours.grey,
  dash: [5, 4],
  width: 1.5,
  points: [0, 1].map((x) => ({ x, y: x })),
}

/**
 * ROC curve of the default run with the chance line and the operating points at threshold 0.5 and at the locked threshold (the
 * paper's Fig. 6), as SVG. The legend holds the AUC with its intervals, and the small print how many images and patients stand
 * behind it.
 *
 * @throws ArgumentError where the report has no curve, as the test set holds one class only.
 */
export async function rocFigure(report: PipelineReport): Promise<string> {
  const { roc, results } = report
  const { auc, aucInterval, aucByPatient, decisions, locked } = results.overall
  if (roc === null || auc === null)
    throw new ArgumentError('report.roc', 'be a curve (the test set holds one class only)', roc)
  const how = aucInterval === null ? '' : ` (${methodWords(aucInterval)}, images as independent)`
  const byPatient =
    aucByPatient === null ? [] : [`AUC by patient:${bracket(aucByPatient)} (${methodWords(aucByPatient)})`]
  const points = [decisions, locked].flatMap((made, i): UnitCurve[] => {
    if (made === null || made.tpr === null || made.fpr === null) return []
    const { rule, value } = made.threshold
    const name = rule === 'fixed' ? `threshold ${value}` : `threshold ${value.toFixed(3)}, locked on validation`
    const colour = i === 0 ? colours.orange : colours.green
    return [{ name, colour, kind: 'point', points: [{ x: made.fpr, y: made.tpr }] }]
  })
  const curve: UnitCurve = {
    name: `AUC ${auc.toFixed(3)}${bracket(aucInterval)}${how}`,
    colour: colours.blue,
    points: roc.fpr.map((x, i) => ({ x, y: roc.tpr[i]! })),
  }
  return await unitChart({
    title: 'ROC, malignant against benign, test images',
    lines: [...protocolLines(report), testLine(report), ...byPatient],
    x: 'false positive rate',
    y: 'true positive rate',
    curves: [chance, curve, ...points],
  })
}
