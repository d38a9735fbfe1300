import { defineConfig } from 'tsup'

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
  'node',
]
const library = { index: 'src/index.ts', ...Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])) }

export default defineConfig({
  entry: { ...library, cli: 'src/cli/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  splitting: true,
  clean: true,
  shims: true,
  dts: { entry: library, compilerOptions: { ignoreDeprecations: '6.0' } },
})
