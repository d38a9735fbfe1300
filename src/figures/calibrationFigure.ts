import { ArgumentError } from '../errors.js'
import { wilsonInterval } from '../metrics/index.js'
import type { PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { titledChart } from './renderChart.js'
import { colours } from './style.js'
import { testLine } from './words.js'

/**
 * Reliability curve of the default run's sigmoid head: the share of malignant images against their mean probability, bin by bin
 * with Wilson's 95 % intervals, and below how many images each bin holds, as SVG.
 *
 * @throws ArgumentError where the report has no reliability.
 */
export async function calibrationFigure(report: PipelineReport): Promise<string> {
  const { reliability, brier, calibrationError } = report.results.overall
  const bins = reliability.filter(({ n }) => n > 0)
  if (bins.length === 0) throw new ArgumentError('report.results.overall.reliability', 'hold bins', reliability)
  const values = bins.map(({ low, high, n, meanProbability, positiveShare }) => {
    const interval = wilsonInterval(Math.round(positiveShare * n), n)
    return { low, high, n, meanProbability, positiveShare, from: interval.low, to: interval.high }
  })
  const x = {
    type: 'quantitative' as const,
    scale: { domain: [0, 1], nice: false },
    axis: { tickCount: 5, format: '.1f', labelFlush: false },
  }
  const y = { ...x, title: 'share that is malignant' }
  const quality = [
    ...(brier === null ? [] : [`Brier score ${brier.toFixed(4)}`]),
    ...(calibrationError === null
      ? []
      : [`calibration error ${calibrationError.value.toFixed(4)} (${calibrationError.bins} bins of equal width)`]),
    'bars: Wilson, 95 %, images as independent',
  ]
  const counts = {
    field: 'n',
    type: 'quantitative' as const,
    title: 'images',
    // Room for the numbers on top of the bars.
    scale: { domain: [0, 1.25 * Math.max(...bins.map(({ n }) => n))], nice: false },
    axis: { tickCount: 3, tickMinStep: 1, format: 'd' },
  }
  const bin = { field: 'low', ...x, title: 'probability of malignant' }
  return await titledChart(
    'Reliability of the probabilities, head sigmoid, test images',
    [...protocolLines(report), testLine(report), quality.join(' · ')],
    {
      data: { values },
      spacing: 12,
      vconcat: [
        {
          width: 420,
          height: 420,
          layer: [
            {
              data: { values: [0, 1].map((at) => ({ at })) },
              mark: { type: 'line', color: colours.grey, strokeDash: [5, 4], strokeWidth: 1.5 },
              encoding: { x: { field: 'at', ...x, title: null }, y: { field: 'at', ...y } },
            },
            {
              mark: { type: 'rule', color: colours.blue, strokeWidth: 1.5 },
              encoding: { x: { field: 'meanProbability', ...x }, y: { field: 'from', ...y }, y2: { field: 'to' } },
            },
            {
              mark: { type: 'line', color: colours.blue, strokeWidth: 1, opacity: 0.5 },
              encoding: { x: { field: 'meanProbability', ...x }, y: { field: 'positiveShare', ...y } },
            },
            {
              mark: { type: 'point', filled: true, opacity: 1, size: 70, color: colours.blue },
              encoding: { x: { field: 'meanProbability', ...x }, y: { field: 'positiveShare', ...y } },
            },
          ],
        },
        {
          width: 420,
          height: 90,
          layer: [
            {
              mark: { type: 'rect', color: colours.blue, opacity: 0.7, stroke: 'white' },
              encoding: {
                x: bin,
                x2: { field: 'high' },
                y: counts,
                y2: { datum: 0 },
              },
            },
            {
              transform: [{ calculate: '(datum.low + datum.high) / 2', as: 'middle' }],
              mark: { type: 'text', dy: -6, fontSize: 10, color: colours.ink },
              encoding: {
                x: { field: 'middle', type: 'quantitative' },
                y: counts,
                text: { field: 'n' },
              },
            },
          ],
        },
      ],
    },
  )
}
