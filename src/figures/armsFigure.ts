import { armWords } from '../pipeline/armWords.js'
import type { Arm, Interval, PipelineReport } from '../pipeline/reportTypes.js'
import { splitWords } from '../pipeline/splitWords.js'
import { protocolLines } from './protocolLines.js'
import { titledChart } from './renderChart.js'
import { series } from './style.js'

const armOrder: readonly Arm[] = ['none', 'bicubic', 'psnr', 'esrgan']

/** Accuracy, patient recognition and AUC of every run, with intervals by patient, arm by arm and split by split, as SVG. */
export async function armsFigure(report: PipelineReport): Promise<string> {
  const splits = [...new Set(report.runs.map(({ split }) => splitWords(split)))]
  const arms = armOrder.filter((arm) => report.runs.some((run) => run.arm === arm)).map((arm) => armWords[arm])
  const measures = ['accuracy', 'patient recognition', 'AUC']
  const values = report.runs.flatMap(({ split, arm, heads }) => {
    const { decisions, auc, aucByPatient } = heads.sigmoid.overall
    const { rate, interval } = decisions.patientRecognition
    const made: [number | null, Interval | null][] = [
      [decisions.accuracy, decisions.accuracyByPatient],
      [rate, interval],
      [auc, aucByPatient],
    ]
    return made.flatMap(([value, range], i) =>
      value === null
        ? []
        : [
            {
              measure: measures[i]!,
              split: splitWords(split),
              arm: armWords[arm],
              value,
              low: range?.low ?? value,
              high: range?.high ?? value,
            },
          ],
    )
  })
  const present = measures.filter((measure) => values.some((value) => value.measure === measure))
  const low = Math.min(0.5, ...values.map((value) => value.low))
  const x = {
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [Math.floor(low * 10) / 10, 1], nice: false },
    axis: { format: '.1f', tickCount: 5, labelFlush: false },
  }
  const lane = {
    y: { field: 'arm', type: 'nominal', sort: arms, title: null, axis: { labelLimit: 0 } },
    yOffset: { field: 'split', type: 'nominal', sort: splits, scale: { paddingOuter: 0.6 } },
    color: {
      field: 'split',
      type: 'nominal',
      scale: { domain: splits, range: splits.map((_, i) => series[i % series.length]!) },
      legend: { orient: 'bottom', title: null },
    },
  } as const
  const lines = [
    ...protocolLines(report, splits),
    'head sigmoid on the test images, decisions at 0.5; bars: bootstrap by patient, where there is one; each point is one training',
  ]
  return await titledChart('Runs by input and split', lines, {
    data: { values },
    spacing: 24,
    hconcat: present.map((measure, i) => ({
      title: { text: measure, fontSize: 11, frame: 'group', anchor: 'start', offset: 6 },
      width: 190,
      height: Math.max(60, arms.length * (26 + 14 * splits.length)),
      transform: [{ filter: { field: 'measure', equal: measure } }],
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: {
            ...lane,
            y: { ...lane.y, axis: i === 0 ? lane.y.axis : { labels: false, ticks: false } },
            x: { field: 'low', ...x },
            x2: { field: 'high' },
          },
        },
        {
          mark: { type: 'point', filled: true, opacity: 1, size: 80 },
          encoding: {
            ...lane,
            y: { ...lane.y, axis: i === 0 ? lane.y.axis : { labels: false, ticks: false } },
            x: { field: 'value', ...x },
            shape: {
              field: 'split',
              type: 'nominal',
              scale: { domain: splits },
              legend: { orient: 'bottom', title: null },
            },
          },
        },
      ],
    })),
  })
}
