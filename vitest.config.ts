import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { backends } from './test/conformance/backends.js'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** What every project has in common; vitest.conformance.config.ts uses it too. */
export const shared = defineConfig({
  resolve: {
    alias: [
      { find: /^esrgan-scnn\/(\w+)$/, replacement: source('$1/index.ts') },
      { find: /^esrgan-scnn$/, replacement: source('index.ts') },
    ],
  },
  test: { pool: 'forks', maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000 },
})

// The conformance suite runs here on the backends that need nothing but npm, as projects of their own;
// `npm run conformance` runs it on all.
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    reporters: ['default', ['json', { outputFile: 'out/tests.json' }]],
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'lcov'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: ['test/conformance/{node,chromium}.test.ts', 'test/chromium/**'],
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'tsconfig.test.json' },
        },
      },
      // The kernels with fused multiply-add: Node 20 has it by this flag only, later ones by themselves.
      ...(Number.parseInt(process.versions.node) < 22
        ? [
            {
              extends: true as const,
              test: {
                name: 'fused',
                include: [
                  'test/backend/{threadedKernels,denseKernels,fastConvolution,fused,residualDenseBlock}.test.ts',
                ],
                execArgv: ['--experimental-wasm-relaxed-simd'],
              },
            },
          ]
        : []),
      ...backends
        .filter(({ isQuick }) => isQuick)
        .map(({ id }) => ({
          extends: true as const,
          test: { name: id, include: ['test/conformance/node.test.ts'], provide: { conformanceBackend: id } },
        })),
    ],
  },
})
