import { renderChart } from './renderChart.js'
import { wrapLines } from './svg.js'

/** A curve through the unit square, with its words in the legend. */
export interface UnitCurve {
  readonly name: string
  readonly colour: string
  /** Lengths of strokes and gaps; a line without gaps where it is not given. */
  readonly dash?: readonly number[]
  readonly width?: number
  /** In the order of drawing. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** `line`; `step`: the value of a point holds back to the one before it; `point`: no line, a mark at each. */
  readonly kind?: 'line' | 'step' | 'point'
}

/** What a square chart of rates is made of. */
export interface UnitChart {
  readonly title: string
  /** Small print under the title. */
  readonly lines: readonly string[]
  readonly x: string
  readonly y: string
  /** In the order of the legend; the last is drawn on top. */
  readonly curves: readonly UnitCurve[]
}

/** A square chart of two rates in [0, 1], its legend below, as SVG. */
export async function unitChart({ title, lines, x, y, curves }: UnitChart): Promise<string> {
  const small = wrapLines(lines, 530)
  const domain = curves.map(({ name }) => name)
  const axis = (words: string) => ({
    type: 'quantitative' as const,
    title: words,
    scale: { domain: [0, 1], nice: false },
    axis: { tickCount: 5, format: '.1f', labelFlush: false },
  })
  const color = {
    field: 'name',
    type: 'nominal',
    scale: { domain, range: curves.map(({ colour }) => colour) },
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
  const dashes = curves.map(({ dash }) => [...(dash ?? [1, 0])])
  const strokeDash = { field: 'name', type: 'nominal', scale: { domain, range: dashes } } as const
  return await renderChart({
    width: 420,
    height: 420,
    autosize: 'none',
    padding: { left: 76, right: 60, top: 62 + 14 * small.length, bottom: 70 + 18 * curves.length },
    title: { text: title, subtitle: small },
    encoding: { x: { field: 'x', ...axis(x) }, y: { field: 'y', ...axis(y) } },
    layer: curves.map(({ name, points, width = 2.5, kind = 'line' }) => ({
      data: { values: points.map((point, i) => ({ ...point, i, name })) },
      ...(kind === 'point'
        ? { mark: { type: 'point' as const, filled: true, size: 80, opacity: 1 }, encoding: { color } }
        : {
            mark: {
              type: 'line' as const,
              strokeWidth: width,
              strokeJoin: 'round' as const,
              ...(kind === 'step' ? { interpolate: 'step-before' as const } : {}),
            },
            encoding: { color, strokeDash, order: { field: 'i', type: 'quantitative' as const } },
          }),
    })),
  })
}
