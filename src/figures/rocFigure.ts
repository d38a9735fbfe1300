import type { PipelineReport } from '../pipeline/reportTypes.js'
import { ArgumentError } from '../errors.js'
import { protocolLines } from './protocolLines.js'
import { renderChart } from './renderChart.js'
import { colours } from './style.js'

/**
 * ROC curve of the default run with the chance line and the operating point at threshold 0.5 (the paper's Fig. 6), as SVG.
 * The legend holds the AUC with its interval, and how many images and patients stand behind it.
 *
 * @throws ArgumentError where the report has no curve, as the test set holds one class only.
 */
export async function rocFigure(report: PipelineReport): Promise<string> {
  const { roc, results } = report
  const { auc, aucInterval, n, positives, patients, tpr, fpr } = results.overall
  if (roc === null || auc === null)
    throw new ArgumentError('report.roc', 'be a curve (the test set holds one class only)', roc)
  const interval =
    aucInterval === null
      ? ''
      : ` [${aucInterval.low.toFixed(3)}, ${aucInterval.high.toFixed(3)}] (${Math.round(aucInterval.level * 100)} %, ${aucInterval.method.split(', images')[0]})`
  const curve = `AUC ${auc.toFixed(3)}${interval}`
  const point = 'threshold 0.5'
  const chance = 'chance, AUC 0.5'
  const domain = [curve, point, chance]
  const line = roc.fpr.map((x, i) => ({ x, y: roc.tpr[i]!, i, name: curve }))
  const ends = [0, 1].map((x) => ({ x, y: x, i: x, name: chance }))
  const operating = tpr === null || fpr === null ? [] : [{ x: fpr, y: tpr, name: point }]
  const axis = (title: string) => ({
    type: 'quantitative' as const,
    title,
    scale: { domain: [0, 1], nice: false },
    axis: { tickCount: 5, format: '.1f', labelFlush: false },
  })
  const color = {
    field: 'name',
    type: 'nominal',
    scale: { domain, range: [colours.blue, colours.orange, colours.grey] },
    legend: {
      orient: 'bottom',
      direction: 'vertical',
      title: null,
      symbolType: 'stroke',
      symbolStrokeWidth: 2.5,
      symbolSize: 300,
      symbolOpacity: 1,
    },
  } as const
  const dashes: number[][] = [
    [1, 0],
    [1, 0],
    [5, 4],
  ]
  const strokeDash = { field: 'name', type: 'nominal', scale: { domain, range: dashes } } as const
  const lines = [
    ...protocolLines(report),
    `n = ${n} images (${positives} malignant) of ${patients} patients; the interval counts images as independent`,
  ]
  return await renderChart({
    width: 420,
    height: 420,
    autosize: 'none',
    padding: { left: 76, right: 60, top: 62 + 14 * lines.length, bottom: 124 },
    title: {
      text: 'ROC, malignant against benign, test images',
      subtitle: lines,
    },
    encoding: {
      x: { field: 'x', ...axis('false positive rate') },
      y: { field: 'y', ...axis('true positive rate') },
    },
    layer: [
      {
        data: { values: ends },
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: { color, strokeDash, order: { field: 'i', type: 'quantitative' } },
      },
      {
        data: { values: line },
        mark: { type: 'line', strokeWidth: 2.5, strokeJoin: 'round' },
        encoding: { color, strokeDash, order: { field: 'i', type: 'quantitative' } },
      },
      {
        data: { values: operating },
        mark: { type: 'point', filled: true, size: 80, opacity: 1 },
        encoding: { color },
      },
    ],
  })
}
