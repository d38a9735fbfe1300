// The conformance suite on every backend. `npm run conformance` (scripts/conformance.ts) runs it, with the environment
// that webgpu in Node needs, and chooses the projects.
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumOptions } from './scripts/lib/chromium.js'
import { backends, type ConformanceBackend } from './test/conformance/backends.js'
import { shared } from './vitest.config.js'

const inChromium = backends.filter(({ where }) => where === 'Chromium')
const isThreaded = ({ threads = 1 }: ConformanceBackend): boolean => threads > 1

/** The pages of one server. */
const pages = (name: string, shown: readonly ConformanceBackend[], headers: Record<string, string> = {}) => ({
  extends: true as const,
  server: { headers },
  // Found while the tests run, a package would make vite bundle again and reload the page.
  optimizeDeps: {
    include: ['core', 'layers', 'backend-cpu', 'backend-wasm', 'backend-webgl', 'backend-webgpu'].map(
      (part) => `@tensorflow/tfjs-${part}`,
    ),
  },
  test: {
    name,
    include: ['test/conformance/chromium.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: chromiumOptions() }),
      instances: shown.map(({ id }) => ({
        browser: 'chromium' as const,
        name: id,
        provide: { conformanceBackend: id },
      })),
    },
  },
})

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    projects: [
      ...backends
        .filter(({ where }) => where === 'Node')
        .map(({ id }) => ({
          extends: true as const,
          test: { name: id, include: ['test/conformance/node.test.ts'], provide: { conformanceBackend: id } },
        })),
      pages(
        'chromium',
        inChromium.filter((backend) => !isThreaded(backend)),
      ),
      // Browsers give SharedArrayBuffer, and with it threads, only to pages that are cross-origin isolated.
      pages('chromium, isolated', inChromium.filter(isThreaded), {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
    ],
  },
})
