// Builds dist/ by tsup. With --if-needed only when a source, or what steers the build, is newer than the last build.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// Outside dist, so that it is not packed; written last, so that a broken build is never taken for a finished one.
const stamp = join(root, 'out/build-stamp')

const inputs = [
  ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => join('src', name)),
  'package.json',
  'tsconfig.json',
  'tsup.config.ts',
]

const fresh = () => {
  if (!existsSync(stamp) || !existsSync(join(root, 'dist/index.js'))) return false
  const built = statSync(stamp).mtimeMs
  return inputs.every((name) => statSync(join(root, name)).mtimeMs <= built)
}

if (!process.argv.includes('--if-needed') || !fresh()) {
  rmSync(stamp, { force: true })
  console.error('building dist/ ...')
  // What tsup says is shown where it fails, and on standard error: `npm run reproduce -- --json` prints JSON alone.
  const tsup = join(root, 'node_modules/tsup/dist/cli-default.js')
  const started = Date.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsup], { cwd: root, encoding: 'utf8' })
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}\nthe build failed\n`)
    process.exit(1)
  }
  mkdirSync(join(root, 'out'), { recursive: true })
  writeFileSync(stamp, '')
  console.error(`built in ${((Date.now() - started) / 1000).toFixed(0)} s`)
}
