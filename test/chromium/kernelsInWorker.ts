// A worker of the page, in which tfjs runs: its threads are workers of its own.
import * as tf from '@tensorflow/tfjs-core'
import { repairBackend } from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import { threadedKernels } from '../../src/backend/wasm/native/threaded.js'
import { startInBrowser } from '../conformance/startInBrowser.js'

const threads = crossOriginIsolated ? 2 : 1
await startInBrowser({ id: 'worker', name: 'wasm', where: 'Chromium', threads })
repairBackend()
let value = 0
let tasks = [0]
for (let i = 0; i < 500 && tasks.includes(0); i++) {
  const y = tf.tidy(() =>
    tf.conv2d(tf.ones<tf.Rank.R4>([1, 40, 40, 32]), tf.ones<tf.Rank.R4>([3, 3, 32, 32]), 1, 'same'),
  )
  value = (await y.data())[32 * 41]!
  y.dispose()
  await new Promise((resolve) => setTimeout(resolve, 20))
  tasks = threadedKernels(wasmBackend()!)!.tasksDone()
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
postMessage({ value, tasks })
