import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmBackend, type WasmBackend } from '../../src/backend/wasm/backend.js'
import { modules } from '../../src/backend/wasm/native/modules.js'
import { nativeKernels, type NativeKernels } from '../../src/backend/wasm/native/native.js'
import { useBackend } from '../helpers/backend.js'

const bytes = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, 'base64'))

const words = 4096
const guard = 0x7f_12_34_56

/** One module on a memory of its own, whose words all hold a mark that no kernel may touch outside its output. */
function alone(name: keyof typeof modules): { kernels: NativeKernels; heap: Int32Array; floats: Float32Array } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: name === 'shared' })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes(modules[name])), { env: { memory } })
  const heap = new Int32Array(memory.buffer)
  return { kernels: exports as unknown as NativeKernels, heap, floats: new Float32Array(memory.buffer) }
}

const size = fc.integer({ min: 0, max: 13 })
const gap = fc.integer({ min: 0, max: 5 })

describe.each(Object.keys(modules) as (keyof typeof modules)[])('own WebAssembly kernels, %s', (name) => {
  const { kernels, heap, floats } = alone(name)
  /** Fills the heap with marks, puts other values where the input lies, and lists what has changed afterwards. */
  const changes = (run: () => void): Map<number, number> => {
    heap.fill(guard)
    for (let i = 0; i < 1024; i++) heap[i] = i + 1
    run()
    const changed = new Map<number, number>()
    for (let i = 0; i < words; i++) if (heap[i] !== (i < 1024 ? i + 1 : guard)) changed.set(i, heap[i]!)
    return changed
  }

  it('copyRows copies each word of each row and no other', () => {
    fc.assert(
      fc.property(size, size, gap, gap, fc.integer({ min: 0, max: 3 }), (rows, length, a, b, odd) => {
        const actual = changes(() => kernels.copyRows(4 * odd, length + a, 4 * (2048 + odd), length + b, rows, length))
        const expected = new Map<number, number>()
        for (let r = 0; r < rows; r++) {
          for (let i = 0; i < length; i++)
            expected.set(2048 + odd + r * (length + b) + i, odd + r * (length + a) + i + 1)
        }
        expect(actual).toEqual(expected)
      }),
    )
  })

  it('transpose puts every row into a column and touches nothing else', () => {
    fc.assert(
      fc.property(size, size, gap, gap, (rows, columns, a, b) => {
        const actual = changes(() => kernels.transpose(0, columns + a, 4 * 2048, rows + b, rows, columns))
        const expected = new Map<number, number>()
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < columns; c++) expected.set(2048 + c * (rows + b) + r, r * (columns + a) + c + 1)
        }
        expect(actual).toEqual(expected)
      }),
    )
  })

  it('clearRows clears its rows only', () => {
    fc.assert(
      fc.property(size, size, gap, (rows, length, a) => {
        const actual = changes(() => kernels.clearRows(4 * 2048, length + a, rows, length))
        const expected = new Map<number, number>()
        for (let r = 0; r < rows; r++) for (let i = 0; i < length; i++) expected.set(2048 + r * (length + a) + i, 0)
        expect(actual).toEqual(expected)
      }),
    )
  })

  it('selectBySign takes the slope at zeros of either sign and below', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(-2, -1e-40, -0, 0, 1e-40, 3, Number.NaN), { maxLength: 9 }), (signs) => {
        heap.fill(guard)
        floats.set(signs, 0)
        floats.set(
          signs.map((_, i) => i + 1),
          256,
        )
        kernels.selectBySign(4 * 256, 0, 0.25, 4 * 2048, signs.length)
        expect([...floats.subarray(2048, 2048 + signs.length)]).toEqual(
          signs.map((sign, i) => (sign > 0 ? 1 : 0.25) * (i + 1)),
        )
        expect(heap[2048 + signs.length]).toBe(guard)
      }),
    )
  })

  it('adam updates every element, with and without a rest of four', () => {
    for (const count of [1, 4, 7]) {
      heap.fill(guard)
      const [w, m, v, g] = [0, 64, 128, 192].map((at, k) => {
        const values = Array.from({ length: count }, (_, i) => Math.fround(0.1 * (k + 1) + 0.01 * i))
        floats.set(values, at)
        return values
      }) as [number[], number[], number[], number[]]
      const at = [0, 64, 128, 192, 2048, 2112, 2176].map((word) => 4 * word) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      kernels.adam(...at, count, 0.9, 0.1, 0.99, 0.01, 0.003, 1.5, 1e-8)
      for (let i = 0; i < count; i++) {
        const first = 0.9 * m[i]! + 0.1 * g[i]!
        const second = 0.99 * v[i]! + 0.01 * g[i]! ** 2
        expect(floats[2112 + i]).toBeCloseTo(first, 6)
        expect(floats[2176 + i]).toBeCloseTo(second, 6)
        expect(floats[2048 + i]).toBeCloseTo(w[i]! - (0.003 * first) / (1.5 * Math.sqrt(second) + 1e-8), 6)
      }
      for (const word of [2048, 2112, 2176]) expect(heap[word + count]).toBe(guard)
    }
  })
})

describe('own WebAssembly kernels on tfjs’s heap', () => {
  beforeAll(() => useBackend('wasm'))

  it('are made once for each instance of the backend', () => {
    const backend = wasmBackend()!
    expect(nativeKernels(backend)).toBe(nativeKernels(backend))
  })

  it('need the memory where tfjs 4.22 keeps it', () => {
    const other = { wasm: { HEAPU8: new Uint8Array(8) } } as unknown as WasmBackend
    expect(() => nativeKernels(other)).toThrow('keeps its memory elsewhere')
  })

  it('work on tensors beyond 2 GB of heap too', () => {
    const fillers = Array.from({ length: 5 }, () => tf.tensor(new Float32Array(2 ** 27)))
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [2, 4])
    const y = tf.concat([x, x], 1)
    expect(wasmBackend()!.wasm.HEAPU8.byteLength).toBeGreaterThan(2 ** 31)
    expect([...y.dataSync()]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8])
    tf.dispose([...fillers, x, y])
  })
})
