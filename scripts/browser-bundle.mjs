// Bundles every public entry but the Node room for a browser: none of them may reach a Node module. Then single names,
// whose bundles hold the WebAssembly kernels only where they can be put in force.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** @param {string} contents */
async function bundle(contents) {
  const result = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['@tensorflow/*'],
    logLevel: 'error',
  })
  return result.outputFiles[0].text
}

const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(0)} KiB`
const sizes = (/** @type {string} */ text) => `${kib(text.length)} minified, ${kib(gzipSync(text).length)} gzipped`

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const entries = Object.keys(exports).filter((name) => name !== './node' && name !== './package.json')
for (const entry of entries) {
  const name = `esrgan-scnn${entry.slice(1)}`
  console.log(`${name}: ${sizes(await bundle(`export * from '${name}'`))}, without tfjs`)
}

/** How WebAssembly modules begin, in base64. */
const moduleStart = 'AGFzbQEAAA'
const names = [
  { from: 'esrgan-scnn/backend', name: 'enableWasmTraining', hasKernels: true },
  { from: 'esrgan-scnn/esrgan', name: 'upscale', hasKernels: true },
  { from: 'esrgan-scnn/backend', name: 'convolution', hasKernels: false },
  { from: 'esrgan-scnn/backend', name: 'enableCPUTraining', hasKernels: false },
  { from: 'esrgan-scnn/siamese', name: 'createSiamese', hasKernels: false },
  { from: 'esrgan-scnn/data', name: 'augment', hasKernels: false },
  { from: 'esrgan-scnn', name: 'psnr', hasKernels: false },
]
for (const { from, name, hasKernels } of names) {
  const text = await bundle(`export { ${name} } from '${from}'`)
  console.log(`${name} of ${from}: ${sizes(text)}, ${hasKernels ? 'with' : 'without'} the WebAssembly kernels`)
  if (text.includes(moduleStart) !== hasKernels) {
    throw new Error(`a bundle of ${name} ${hasKernels ? 'lacks the' : 'holds'} WebAssembly kernels`)
  }
}
