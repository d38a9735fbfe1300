// Runs a TypeScript file of this project: node scripts/run.mjs scripts/verify-memory.ts [arguments...]
// The file and what it imports of src/ are bundled into out/run; packages are left to Node.
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [file, ...rest] = process.argv.slice(2)
if (file === undefined) {
  console.error('usage: node scripts/run.mjs FILE.ts [arguments...]')
  process.exit(2)
}
const outfile = join(root, 'out/run', `${basename(file, '.ts')}.mjs`)
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  tsconfig: join(root, 'tsconfig.test.json'),
  logLevel: 'warning',
})
const { status, signal } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...rest], { stdio: 'inherit' })
if (signal !== null) console.error(`${file} was ended by ${signal}`)
process.exitCode = status ?? 1
