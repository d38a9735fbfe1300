import type { TopLevelSpec } from 'vega-lite'
import { chartConfig } from './style.js'
import { bodyTop, margin, svgFile, wrapLines } from './svg.js'

/** SVG of a vega-lite specification in this package's style, without a DOM. vega is loaded on the first call only. */
export async function renderChart(spec: TopLevelSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')])
  const view = new vega.View(vega.parse(compile(spec, { config: chartConfig }).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

/**
 * {@link renderChart} below a title and small print, which do not take part in vega's layout: it knows no widths of text.
 *
 * @param spec - a vega-lite specification; its own type takes the compiler minutes for charts of several views.
 */
export async function titledChart(
  title: string,
  lines: readonly string[],
  spec: Readonly<Record<string, unknown>>,
): Promise<string> {
  const padding = { left: margin, right: margin, top: 10, bottom: margin }
  const chart = await renderChart({ ...spec, padding } as unknown as TopLevelSpec)
  const [, width, height] = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(chart)!.map(Number) as [
    number,
    number,
    number,
  ]
  const whole = Math.max(560, width)
  const small = wrapLines(lines, whole - 2 * margin)
  const top = bodyTop(small)
  return svgFile(whole, top + height, title, small, [chart.replace('<svg', `<svg x="0" y="${top}"`)])
}
