// In a user's project, as CommonJS: a chart. Its library cannot be loaded by require.
const { rocFigure } = require('esrgan-scnn/figures')
const { madeUpResult } = require('./made-up.cjs')

async function main() {
  const svg = await rocFigure(madeUpResult().report)
  if (!svg.startsWith('<svg')) throw new Error(`not an SVG: ${svg.slice(0, 80)}`)
}
void main()
