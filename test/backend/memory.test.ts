import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { OutOfMemoryError, wasmMemory } from '../../src/backend/index.js'
import { BackendError } from '../../src/errors.js'
import { useBackend } from '../helpers/backend.js'
import { expectClose } from '../helpers/tensors.js'

/** Reserves a tensor without writing it, so that the test does not need the memory it asks for. */
interface Reserving {
  makeOutput(shape: number[], dtype: 'float32'): { dataId: object }
  disposeData(dataId: object): void
}

describe('the wasm heap', () => {
  beforeAll(() => useBackend('wasm'))

  it('has a size', () => {
    expect(wasmMemory()!.heapBytes).toBeGreaterThan(2 ** 20)
  })

  it('throws OutOfMemoryError where a tensor does not fit, and stays whole', async () => {
    const backend = tf.backend() as unknown as Reserving
    const kept = tf.range(0, 1000)
    const reserved: { dataId: object }[] = []
    let error: unknown
    try {
      for (let i = 0; i < 5; i++) reserved.push(backend.makeOutput([2 ** 28], 'float32'))
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(OutOfMemoryError)
    expect(error).toBeInstanceOf(BackendError)
    expect((error as OutOfMemoryError).wantedBytes).toBe(2 ** 30)
    expect((error as OutOfMemoryError).message).toContain('1073741824 bytes (1024 MB)')
    expect(reserved.length).toBe(3)
    for (const { dataId } of reserved) backend.disposeData(dataId)

    const sum = tf.tidy(() => tf.add(kept, tf.ones([1000])))
    expectClose(
      await sum.data(),
      Float32Array.from({ length: 1000 }, (_, i) => i + 1),
      0,
    )
    tf.dispose([kept, sum])
  })

  it('refuses sizes beyond 32 bits, which would wrap around', () => {
    const backend = tf.backend() as unknown as Reserving
    expect(() => backend.makeOutput([2 ** 30 + 4], 'float32')).toThrow(OutOfMemoryError)
  })
})
