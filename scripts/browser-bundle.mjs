// Bundles every public entry but the Node room for a browser: none of them may reach a Node module.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const entries = Object.keys(exports).filter((name) => name !== './node' && name !== './package.json')
for (const entry of entries) {
  const result = await build({
    stdin: { contents: `export * from 'esrgan-scnn${entry.slice(1)}'`, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['@tensorflow/*'],
    logLevel: 'error',
  })
  const kilobytes = result.outputFiles[0].contents.length / 1024
  console.log(`esrgan-scnn${entry.slice(1)}: ${kilobytes.toFixed(0)} KiB minified, without tfjs`)
}
