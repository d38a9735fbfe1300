import type { Decisions, PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { titledChart } from './renderChart.js'
import { colours } from './style.js'
import { testLine } from './words.js'

/** The cells of one confusion matrix; shares are of the true class. */
function cells(name: string, { confusion: { tp, fp, tn, fn } }: Decisions): object[] {
  const cell = (truth: string, called: string, n: number, all: number): object => ({
    name,
    truth,
    called,
    n,
    share: all === 0 ? 0 : n / all,
    words: all === 0 ? '' : `${((n / all) * 100).toFixed(1)} %`,
  })
  return [
    cell('malignant', 'malignant', tp, tp + fn),
    cell('malignant', 'benign', fn, tp + fn),
    cell('benign', 'malignant', fp, fp + tn),
    cell('benign', 'benign', tn, fp + tn),
  ]
}

/** Confusion matrices of the default run: each head that scores images, at 0.5 and at its locked threshold, as SVG. */
export async function confusionFigure(report: PipelineReport): Promise<string> {
  const { sigmoid, support } = report.runs[0]!.heads
  const made = [
    ['sigmoid', sigmoid.overall.decisions],
    ['sigmoid', sigmoid.overall.locked],
    ['support', support.overall.decisions],
    ['support', support.overall.locked],
  ] as const
  const matrices = made.flatMap(([head, decisions]) => {
    if (decisions === null) return []
    const { rule, value } = decisions.threshold
    const where = rule === 'fixed' ? `threshold ${value}` : `threshold ${value.toFixed(3)}, locked`
    return [{ name: `${head}, ${where}`, decisions }]
  })
  const axis = { domain: false, ticks: false, grid: false, labelAngle: 0 } as const
  const order = ['benign', 'malignant']
  const place = {
    x: { field: 'called', type: 'nominal', sort: order, title: 'called', axis },
    y: {
      field: 'truth',
      type: 'nominal',
      sort: order,
      title: 'true class',
      axis: { ...axis, labelAngle: -90, labelAlign: 'center' },
    },
  } as const
  const ink = { condition: { test: 'datum.share > 0.55', value: 'white' }, value: colours.ink } as const
  return await titledChart(
    'Confusion matrices, test images',
    [...protocolLines(report), testLine(report), 'counts, and their share of the true class'],
    {
      data: { values: matrices.flatMap(({ name, decisions }) => cells(name, decisions)) },
      columns: 2,
      spacing: { row: 24, column: 28 },
      facet: { field: 'name', type: 'nominal', sort: matrices.map(({ name }) => name), header: { title: null } },
      spec: {
        width: 220,
        height: 220,
        layer: [
          {
            mark: { type: 'rect', stroke: 'white', strokeWidth: 2 },
            encoding: {
              ...place,
              color: {
                field: 'share',
                type: 'quantitative',
                scale: { domain: [0, 1], range: ['#EEF4F8', colours.blue] },
                legend: null,
              },
            },
          },
          {
            mark: { type: 'text', fontSize: 20, fontWeight: 'bold', dy: -8 },
            encoding: { ...place, text: { field: 'n' }, color: ink },
          },
          {
            mark: { type: 'text', fontSize: 11, dy: 14 },
            encoding: { ...place, text: { field: 'words' }, color: ink },
          },
        ],
      },
    },
  )
}
