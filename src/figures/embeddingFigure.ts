import { ArgumentError } from '../errors.js'
import type { PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { titledChart } from './renderChart.js'
import { classColours, colours } from './style.js'
import { fitText, safeText } from './svg.js'
import { testLine } from './words.js'

/** With more patients than this their names would cover the picture. */
const mostNames = 40
/** With more images than this, lines to them would cover it, too. */
const crowd = 600
const side = 520

interface Centre {
  readonly name: string
  readonly cx: number
  readonly cy: number
}

/** The patients' centres, each with a name. */
function centres(points: NonNullable<PipelineReport['embedding']>['points']): Map<string, Centre> {
  const sums = new Map<string, { x: number; y: number; n: number }>()
  for (const { patient, x, y } of points) {
    const sum = sums.get(patient) ?? { x: 0, y: 0, n: 0 }
    sums.set(patient, { x: sum.x + x, y: sum.y + y, n: sum.n + 1 })
  }
  return new Map(
    [...sums].map(([patient, { x, y, n }]) => [
      patient,
      { name: fitText(safeText(patient), 90, 9), cx: x / n, cy: y / n },
    ]),
  )
}

/** Equal units on both axes, so that distances are not distorted: the square around all points. */
function square(values: readonly { x: number; y: number }[]): { x: [number, number]; y: [number, number] } {
  const ends = (all: readonly number[]): [number, number] => [
    all.reduce((a, b) => Math.min(a, b), Infinity),
    all.reduce((a, b) => Math.max(a, b), -Infinity),
  ]
  const [x, y] = [ends(values.map((point) => point.x)), ends(values.map((point) => point.y))]
  const reach = Math.max(x[1] - x[0], y[1] - y[0]) * 0.57 || 1
  const around = ([low, high]: [number, number]): [number, number] => [
    (low + high) / 2 - reach,
    (low + high) / 2 + reach,
  ]
  return { x: around(x), y: around(y) }
}

/**
 * Map of the default run's test embeddings by their two largest principal components, as SVG: classes by colour and shape, the
 * middle of each patient's images with its name and, where there are few, a thin line to each of them; wrong answers at threshold
 * 0.5 ringed.
 *
 * @throws ArgumentError where the report has no embedding.
 */
export async function embeddingFigure(report: PipelineReport): Promise<string> {
  const { embedding, predictions } = report
  if (embedding === null || embedding.points.length === 0)
    throw new ArgumentError('report.embedding', 'hold points', embedding)
  const { points, explained } = embedding
  const middle = centres(points)
  const wrong = new Set(
    predictions.filter(({ label, score }) => score >= 0.5 !== (label === 'malignant')).map(({ id }) => id),
  )
  const values = points.map(({ id, patient, label, x, y }) => {
    const { cx, cy } = middle.get(patient)!
    return { label, x, y, cx, cy, isWrong: wrong.has(id) }
  })
  const frame = square(values)
  const place = (axis: 'x' | 'y', field: string, share: number) => ({
    field,
    type: 'quantitative' as const,
    title: `principal component ${axis === 'x' ? 1 : 2} (${(share * 100).toFixed(1)} % of the variance)`,
    scale: { domain: frame[axis], nice: false, zero: false },
    axis: { tickCount: 5, format: '~g', labelFlush: false },
  })
  const x = place('x', 'x', explained[0])
  const y = place('y', 'y', explained[1])
  const hasNames = middle.size <= mostNames
  const isCrowded = points.length > crowd
  const size = isCrowded ? 18 : points.length > 150 ? 35 : 60
  const ring = isCrowded
    ? { strokeWidth: 0.6, opacity: 0.6, size: 26 }
    : { strokeWidth: 1.2, opacity: 1, size: size * 2.4 }
  const classes = ['benign', 'malignant'] as const
  const legend = { orient: 'bottom', title: null, symbolSize: 70, symbolOpacity: 1 } as const
  const middles = `the middle of the images of ${middle.size === 1 ? 'the patient' : `each of ${middle.size} patients`}`
  const marks = [
    hasNames ? `names: ${middles}` : `crosses: ${middles}`,
    ...(isCrowded ? [] : ['lines lead there']),
    `ringed: ${wrong.size} wrong answers at 0.5`,
  ]
  const centre = { x: { ...x, field: 'cx' }, y: { ...y, field: 'cy' } }
  const name = { ...centre, text: { field: 'name' } }
  return await titledChart(
    'Embeddings of the test images, principal components',
    [...protocolLines(report), testLine(report), marks.join('; ')],
    {
      width: side,
      height: side,
      layer: [
        {
          data: { values: isCrowded ? [] : values },
          mark: { type: 'rule', color: colours.grey, opacity: 0.35, strokeWidth: 0.8 },
          encoding: { x, y, x2: { field: 'cx' }, y2: { field: 'cy' } },
        },
        {
          data: { values },
          mark: { type: 'point', filled: true, opacity: isCrowded ? 0.6 : 0.85, size },
          encoding: {
            x,
            y,
            color: {
              field: 'label',
              type: 'nominal',
              scale: { domain: [...classes], range: classes.map((name) => classColours[name]) },
              legend,
            },
            shape: {
              field: 'label',
              type: 'nominal',
              scale: { domain: [...classes], range: ['circle', 'triangle-up'] },
              legend,
            },
          },
        },
        {
          data: { values: values.filter(({ isWrong }) => isWrong) },
          mark: { type: 'point', filled: false, stroke: colours.ink, ...ring },
          encoding: { x, y },
        },
        {
          data: { values: hasNames ? [] : [...middle.values()] },
          mark: {
            type: 'point',
            shape: 'cross',
            stroke: 'white',
            strokeWidth: 0.7,
            fill: colours.ink,
            opacity: 1,
            size: 60,
          },
          encoding: centre,
        },
        // White first, so that a name can be read on points.
        ...[{ stroke: 'white', strokeWidth: 2.5, strokeJoin: 'round' }, {}].map((outline) => ({
          data: { values: hasNames ? [...middle.values()] : [] },
          mark: { type: 'text', fontSize: 9, color: colours.ink, dy: -9, ...outline },
          encoding: name,
        })),
      ],
    },
  )
}
