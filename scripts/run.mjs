// Runs a TypeScript file of this repository: node scripts/run.mjs bench/bench.ts [arguments]
// Bundles it with esbuild into node_modules/.cache (packages stay external, `esrgan-scnn` means src) and runs the bundle.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [entry, ...rest] = process.argv.slice(2)
if (entry === undefined) {
  console.error('usage: node scripts/run.mjs <file.ts> [arguments]')
  process.exit(2)
}
const folder = join(root, 'node_modules/.cache/esrgan-scnn')
mkdirSync(folder, { recursive: true })
const outfile = join(folder, `${basename(entry).replace(/\.\w+$/, '')}-${process.pid}.mjs`)

/** `esrgan-scnn` and `esrgan-scnn/<room>` are the sources; every other package stays outside. */
const packages = {
  name: 'packages',
  setup({ onResolve }) {
    onResolve({ filter: /^esrgan-scnn(\/\w+)?$/ }, ({ path }) => ({
      path: join(root, 'src', path.slice('esrgan-scnn'.length), 'index.ts'),
    }))
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' ? undefined : { path, external: true }))
  },
}

await build({
  entryPoints: [resolve(entry)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
  plugins: [packages],
})
const child = spawn(process.execPath, ['--enable-source-maps', outfile, ...rest], { stdio: 'inherit' })
// Ctrl-C goes to the script as well, which may have something to save: its end is waited for.
process.on('SIGINT', () => {})
child.on('exit', (code, signal) => {
  rmSync(outfile, { force: true })
  process.exitCode = code ?? (signal ? 1 : 0)
})
