import { readFile, writeFile } from 'node:fs/promises'
import { defineConfig, type Options } from 'tsup'

/**
 * Keeps `import('vega')` and `import('h5wasm')` in the CommonJS build: tsup's splitting turns them into `require`, which
 * vega's top-level await refuses, and h5wasm has only an ES module.
 */
const nativeImports: NonNullable<Options['plugins']>[number] = {
  name: 'native-imports',
  async buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles.filter((file) => file.name.endsWith('.cjs'))) {
      const code = await readFile(name, 'utf8')
      const kept = code.replaceAll(
        /Promise\.resolve\(\)\.then\(\(\) => _interopRequireWildcard\(require\(("(?:vega(?:-lite)?|h5wasm)")\)\)\)/g,
        'import($1)',
      )
      if (kept !== code) await writeFile(name, kept)
    }
  },
}

/** The public subpaths: each is one room of src/ and one entry of `exports` in package.json. */
const rooms = [
  'esrgan',
  'siamese',
  'losses',
  'data',
  'metrics',
  'weights',
  'training',
  'backend',
  'pipeline',
  'figures',
  'testing',
  'browser',
  'node',
]
const library = { index: 'src/index.ts', ...Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])) }

export default defineConfig({
  // The last is the program of the processes in which `diagnoseBackends` looks at the backends.
  entry: { ...library, cli: 'src/cli/index.ts', examineProcess: 'src/node/backends/examineProcess.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  splitting: true,
  clean: true,
  shims: true,
  plugins: [nativeImports],
  dts: { entry: library, compilerOptions: { ignoreDeprecations: '6.0' } },
})
