// Compiles the kernels into modules that are checked in as base64 text. `--check` writes nothing and fails where the
// checked-in text differs. Two sets: small ones, which every engine takes, and threaded ones, which need SIMD; each for
// tfjs's builds with shared and unshared memory.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { default: asc } = await import('assemblyscript/asc').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  console.error(
    'the AssemblyScript compiler is not installed in kernels/: run `npm run kernels` at the root, which does that',
  )
  process.exit(1)
})

const here = dirname(fileURLToPath(import.meta.url))
const options =
  '--optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --runtime stub --importMemory --initialMemory 1'.split(' ')
const simd = ['--enable', 'simd']
const fused = [...simd, '--enable', 'relaxed-simd']
const shared = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536']
const sets = [
  {
    source: 'index.ts',
    target: 'modules.ts',
    about: 'The small kernels of `kernels/`',
    name: 'modules',
    variants: { shared: [...simd, ...shared], simd, plain: ['--disable', 'simd'] },
    // Older browsers compile modules on their main thread up to this size only.
    limit: 4096,
  },
  {
    source: 'threaded/index.ts',
    target: 'threadedModules.ts',
    about: 'The threaded kernels of `kernels/`',
    name: 'threadedModules',
    variants: { sharedFused: [...fused, ...shared], shared: [...simd, ...shared], fused, simd },
    limit: 65_536,
  },
]

/** The bytes of one variant. */
async function compile(folder, source, flags) {
  const out = join(folder, 'out.wasm')
  const { error, stderr } = await asc.main([join(here, 'assembly', source), '--outFile', out, ...options, ...flags])
  if (error) throw new Error(`${source}: ${error.message}\n${stderr}`)
  return readFileSync(out)
}

const folder = mkdtempSync(join(tmpdir(), 'kernels-'))
try {
  for (const { source, target, about, name, variants, limit } of sets) {
    const lines = []
    for (const [variant, flags] of Object.entries(variants)) {
      const bytes = await compile(folder, source, flags)
      if (bytes.length > limit) throw new Error(`${variant}: ${bytes.length} bytes, more than ${limit}`)
      lines.push(`  ${variant}:\n    '${bytes.toString('base64')}',`)
      console.log(`${name}.${variant}: ${bytes.length} bytes`)
    }
    const text = `/** ${about} as WebAssembly modules, base64; written by \`npm run kernels\`. */
// oxfmt-ignore
export const ${name} = {
${lines.join('\n')}
} as const
`
    const path = join(here, '../src/backend/wasm/native', target)
    if (!process.argv.includes('--check')) writeFileSync(path, text)
    else if (readFileSync(path, 'utf8') !== text) {
      throw new Error(`src/backend/wasm/native/${target} is out of date: npm run kernels`)
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
