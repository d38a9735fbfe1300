// In a user's project, as an ES module: a chart. Its library is loaded on the first call.
import { rocFigure } from 'esrgan-scnn/figures'
import { madeUpResult } from './made-up.cjs'

const svg = await rocFigure(madeUpResult().report)
if (!svg.startsWith('<svg')) throw new Error(`not an SVG: ${svg.slice(0, 80)}`)
