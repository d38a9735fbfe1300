import type { TopLevelSpec } from 'vega-lite'
import { chartConfig } from './style.js'

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
