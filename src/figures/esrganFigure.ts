import type { PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { titledChart } from './renderChart.js'
import { colours } from './style.js'

/** More points than this are averaged in groups of neighbours: the curve stays readable and the file small. */
const maxPoints = 300

interface Point {
  step: number
  value: number
}

/** Means over equal runs of neighbours, at most {@link maxPoints} of them. */
function thin(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / maxPoints)
  const groups = Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size),
  )
  return groups.map((group) => ({
    step: group.at(-1)!.step,
    value: group.reduce((sum, { value }) => sum + value, 0) / group.length,
  }))
}

/** What a trained part's value is called. The discriminator's answers to real and generated patches are mean logits, not losses. */
const termName = (term: string): string =>
  ({
    'discriminator/real': 'mean logit, real',
    'discriminator/fake': 'mean logit, generated',
    'validation/psnr': 'held-out PSNR (Y, dB)',
    'validation/ssim': 'held-out SSIM (Y)',
  })[term] ?? term.replace('/', ', ')

/** The values worth a chart: not a total of one term only. */
function chartedValues(values: Readonly<Record<string, number>>): [string, number][] {
  const entries = Object.entries(values)
  const parts = (prefix: string): number =>
    entries.filter(
      ([name]) =>
        name.startsWith(prefix) && !name.slice(prefix.length).includes('/') && !/(^|\/)(total|real|fake)$/.test(name),
    ).length
  return entries.filter(([name]) => !/(^|\/)total$/.test(name) || parts(name.slice(0, -'total'.length)) > 1)
}

/** Losses of every ESRGAN step: one small chart for each stage and loss term, each with its own scale, as SVG. */
export async function esrganFigure(report: PipelineReport): Promise<string> {
  const series = new Map<string, Point[]>()
  for (const { stage, step, values } of report.history.esrgan) {
    for (const [term, value] of chartedValues(values)) {
      const name = `${stage === 'psnr' ? 'PSNR stage' : 'GAN stage'}: ${termName(term)}`
      if (!series.has(name)) series.set(name, [])
      series.get(name)!.push({ step, value })
    }
  }
  const names = [...series.keys()]
  const isShort = report.history.esrgan.length <= 60
  return await titledChart('ESRGAN losses per step', protocolLines(report), {
    data: { values: names.flatMap((name) => thin(series.get(name)!).map((point) => ({ ...point, name }))) },
    columns: 3,
    spacing: { row: 24, column: 24 },
    facet: { field: 'name', type: 'nominal', sort: names, header: { title: null } },
    spec: {
      width: 220,
      height: 120,
      mark: {
        type: 'line',
        strokeWidth: 1.5,
        color: colours.blue,
        ...(isShort ? { point: { size: 12, color: colours.blue } } : {}),
      },
      encoding: {
        x: {
          field: 'step',
          type: 'quantitative',
          title: 'step',
          axis: { tickMinStep: 1, tickCount: 5, format: 'd', grid: false },
          scale: { zero: false, nice: false },
        },
        y: {
          field: 'value',
          type: 'quantitative',
          title: null,
          axis: { format: '~g', tickCount: 4 },
          scale: { zero: false },
        },
      },
    },
    resolve: { scale: { x: 'independent', y: 'independent' } },
  })
}
