// A user's project: an empty temporary folder, with a space in its path, into which the packed tarball is installed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Its package.json. */
export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Every public subpath, `esrgan-scnn`, `esrgan-scnn/esrgan`, ... */
export const subpaths = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `${manifest.name}${name.slice(1)}`)

/**
 * Packs the project and installs it as a user would: the tarball and the wasm backend; npm adds the peers (tfjs-core,
 * tfjs-layers) by itself. Extra packages are taken at the versions of this project's devDependencies.
 * @returns {{ folder: string, remove: () => void }}
 */
export function createConsumer(/** @type {readonly string[]} */ extra = []) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'a user of esrgan-scnn ')))
  const npm = (/** @type {string[]} */ ...args) =>
    execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, encoding: 'utf8' })
  const [{ filename }] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', folder, root))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ name: 'consumer', private: true })}\n`)
  const packages = ['@tensorflow/tfjs-backend-wasm', ...extra].map(
    (name) => `${name}@${manifest.devDependencies[name]}`,
  )
  npm('install', '--prefer-offline', join(folder, filename), ...packages)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
