// What needs a real browser: `npm run test:chromium`. Where Chromium is missing, it fails.
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumOptions } from './scripts/lib/chromium.js'
import { shared } from './vitest.config.js'

export default defineConfig({
  ...shared,
  // Found while the tests run, a package would make vite bundle again and reload the page.
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      'pure-rand/distribution/uniformFloat64',
    ],
  },
  test: {
    ...shared.test,
    name: 'chromium',
    include: ['test/chromium/*.test.ts'],
    reporters: ['default', ['json', { outputFile: 'out/chromium.json' }]],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: chromiumOptions() }),
      instances: [{ browser: 'chromium' }],
    },
  },
})
