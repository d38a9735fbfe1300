// What needs a real browser: `npm run test:chromium`. Where Chromium is missing, it fails.
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumOptions } from './scripts/lib/chromium.js'
import { shared } from './vitest.config.js'

/** The pages of one server. */
const pages = (name: string, include: readonly string[], headers: Record<string, string> = {}) => ({
  extends: true as const,
  server: { headers },
  // Found while the tests run, a package would make vite bundle again and reload the page.
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-webgpu',
      'pure-rand/distribution/uniformFloat64',
    ],
  },
  test: {
    name: `pages of ${name}`,
    include: [...include],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: chromiumOptions() }),
      instances: [{ browser: 'chromium' as const, name }],
    },
  },
})

export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    reporters: ['default', ['json', { outputFile: 'out/chromium.json' }]],
    projects: [
      pages('chromium', ['test/chromium/*.test.ts']),
      // Browsers give SharedArrayBuffer, and with it threads, only to pages that are cross-origin isolated.
      pages('chromium, isolated', ['test/chromium/kernels.test.ts'], {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
    ],
  },
})
