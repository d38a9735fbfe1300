// Runs the examples as a user would run them: strict types first, then each file with the built package.
// All of them, or those named: npm run examples -- minimal own-loss
import { build } from 'esbuild'
import { readdirSync } from 'node:fs'
import { runGates, reportGates } from './gates.mjs'

const wanted = process.argv.slice(2)
const examples = readdirSync('examples')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
for (const name of wanted) {
  if (!examples.includes(name)) throw new Error(`no example ${name}; there are ${examples.join(', ')}`)
}
const chosen = wanted.length === 0 ? examples : wanted
// Only the types are taken off: `esrgan-scnn` is found through the exports of package.json, in dist.
await build({
  entryPoints: chosen.map((name) => `examples/${name}.ts`),
  outdir: 'out/examples',
  outExtension: { '.js': '.mjs' },
})
const gates = chosen.map((name) => ({ name: `example ${name}`, command: `node out/examples/${name}.mjs` }))
process.exitCode = reportGates(runGates(gates), 'out/examples.json') ? 0 : 1
