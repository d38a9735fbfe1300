import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmMemory } from '../../src/backend/index.js'
import { cachedSource, streamBatches, syntheticHistology, type ImageSource } from '../../src/data/index.js'
import { loadBreaKHis } from '../../src/node/index.js'
import { useBackend } from '../helpers/backend.js'
import { describeShared, sharedData } from '../helpers/shared.js'

/** Streams epochs of the source with a small cache; every batch must find the same tensors and heap. */
async function streamEpochs(source: ImageSource, epochs: number, cacheBytes: number): Promise<void> {
  const cached = cachedSource(source, { bytes: cacheBytes })
  const before = tf.memory()
  const heaps: number[] = []
  const resident: number[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    const seen = new Set<string>()
    const options = { batchSize: 8, size: 224, shuffle: { seed: 1, epoch } }
    for await (const { images, records } of streamBatches(cached, source.records, options)) {
      const { numTensors, numBytes } = tf.memory()
      expect(numTensors).toBe(before.numTensors + 1)
      expect(numBytes).toBe(before.numBytes + records.length * 224 * 224 * 3 * 4)
      expect(images.shape[0]).toBe(records.length)
      expect(cached.bytes).toBeLessThanOrEqual(cacheBytes)
      for (const { id } of records) seen.add(id)
    }
    expect(seen.size).toBe(source.records.length)
    heaps.push(wasmMemory()!.heapBytes)
    resident.push(process.memoryUsage().rss)
  }
  expect(tf.memory().numTensors).toBe(before.numTensors)
  expect(tf.memory().numBytes).toBe(before.numBytes)
  expect(new Set(heaps).size).toBe(1)
  // The cache was too small for the set, so that it had to forget.
  expect(cached.decoded).toBeGreaterThan(source.records.length)
  process.stdout.write(
    `resident after each epoch: ${resident.map((bytes) => Math.round(bytes / 2 ** 20)).join(', ')} MiB\n`,
  )
}

describe('memory over epochs of a stream on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it('is flat on drawn images', async () => {
    const source = syntheticHistology({ patients: 4, imagesPerPatient: 4, width: 96, height: 64 })
    await streamEpochs(source, 3, 5 * 96 * 64 * 3)
  })
})

describeShared('memory over epochs of the real folder on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it('is flat with a cache of a tenth of the images', async () => {
    const source = await loadBreaKHis(sharedData('BreaKHis_v1'))
    await streamEpochs(source, 3, Math.floor((source.records.length / 10) * 700 * 460 * 3))
  })
})
