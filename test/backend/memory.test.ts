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
    expect((error as OutOfMemoryError).message).toContain('1073741824 bytes (1024 MiB)')
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

  it('gets back what a gradient has saved that ran out of memory, at once where it is needed', async () => {
    const backend = tf.backend() as unknown as Reserving & {
      wasm: { _malloc(n: number): number; _free(at: number): void }
    }
    const { wasm } = backend
    const room = wasm._malloc(12 * 2 ** 20)
    const filling: number[] = []
    for (let size = 2 ** 30; size >= 2 ** 12;) {
      try {
        filling.push(wasm._malloc(size))
      } catch {
        size /= 2
      }
    }
    wasm._free(room)
    const before = tf.memory().numTensors
    // Each square saves its input: 2 MB for the larger size.
    const steps = (length: number, count: number): number =>
      tf.tidy(() => {
        const squares = (x: tf.Tensor) =>
          tf.sum<tf.Scalar>(Array.from({ length: count }).reduce<tf.Tensor>((y) => tf.square(y), x))
        return tf
          .grad(squares)(tf.ones([length]))
          .dataSync()[length - 1]!
      })
    try {
      expect(() => steps(2 ** 19, 8)).toThrow(OutOfMemoryError)
      expect(steps(2 ** 17, 4)).toBe(16)
      expect(() => steps(2 ** 19, 8)).toThrow(OutOfMemoryError)
      await Promise.resolve()
      expect(tf.memory().numTensors).toBe(before)
    } finally {
      for (const offset of filling) wasm._free(offset)
    }
  })

  it('refuses sizes beyond 32 bits, which would wrap around', () => {
    const backend = tf.backend() as unknown as Reserving
    expect(() => backend.makeOutput([2 ** 30 + 4], 'float32')).toThrow(OutOfMemoryError)
  })
})
