import { defineConfig } from 'tsup'

const rooms = [
  'esrgan',
  'siamese',
  'losses',
  'data',
  'metrics',
  'weights',
  'backend',
  'pipeline',
  'figures',
  'node',
  'cli',
]

export default defineConfig({
  entry: { index: 'src/index.ts', ...Object.fromEntries(rooms.map((room) => [room, `src/${room}/index.ts`])) },
  format: ['esm', 'cjs'],
  target: 'node20',
  splitting: true,
  clean: true,
  shims: true,
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
})
