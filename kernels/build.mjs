// Compiles the kernels into modules that are checked in as base64 text: for tfjs's threaded build (shared memory), for its
// SIMD build, and for machines without SIMD. `--check` writes nothing and fails where the checked-in text differs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const here = dirname(fileURLToPath(import.meta.url))
const target = join(here, '../src/backend/wasm/native/modules.ts')
const options =
  '--optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --runtime stub --importMemory --initialMemory 1'.split(' ')
const variants = {
  shared: ['--enable', 'simd', '--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'],
  simd: ['--enable', 'simd'],
  plain: ['--disable', 'simd'],
}
/** Browsers compile modules on their main thread up to this size only. */
const limit = 4096

const folder = mkdtempSync(join(tmpdir(), 'kernels-'))
const lines = []
try {
  for (const [name, flags] of Object.entries(variants)) {
    const out = join(folder, `${name}.wasm`)
    const { error, stderr } = await asc.main([join(here, 'assembly/index.ts'), '--outFile', out, ...options, ...flags])
    if (error) throw new Error(`${name}: ${error.message}\n${stderr}`)
    const bytes = readFileSync(out)
    if (bytes.length > limit) throw new Error(`${name}: ${bytes.length} bytes, more than ${limit}`)
    lines.push(`  ${name}:\n    '${bytes.toString('base64')}',`)
    console.log(`${name}: ${bytes.length} bytes`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
const text = `/** The kernels of \`kernels/\` as WebAssembly modules, base64; written by \`npm run kernels\`. */
export const modules = {
${lines.join('\n')}
} as const
`
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text)
    throw new Error('src/backend/wasm/native/modules.ts is out of date: npm run kernels')
} else {
  writeFileSync(target, text)
}
