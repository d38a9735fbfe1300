import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamUpdate, OutOfMemoryError } from '../../src/backend/index.js'
import { wasmBackend } from '../../src/backend/wasm/backend.js'
import { useBackend } from '../helpers/backend.js'

/** The elements that an axis-by-axis walk finds: what concat, stack, split and unstack must give. */
function elements(shape: readonly number[], valueAt: (index: number[]) => number): number[] {
  const total = shape.reduce((product, n) => product * n, 1)
  return Array.from({ length: total }, (_, flat) => {
    const index: number[] = []
    let rest = flat
    for (const n of shape.toReversed()) {
      index.unshift(rest % n)
      rest = Math.floor(rest / n)
    }
    return valueAt(index)
  })
}

const at = (values: ArrayLike<number>, shape: readonly number[], index: readonly number[]): number =>
  values[index.reduce((flat, n, i) => flat * shape[i]! + n, 0)]!

/** A shape of one to five axes, an axis of it, and sizes along that axis; the inner sizes cross the short-row limit. */
const cases = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  .chain((outer) => fc.tuple(fc.constant<number[]>([...outer, 1]), fc.integer({ min: 0, max: outer.length })))
  .chain(([shape, axis]) =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.constant(axis),
      sizes: fc.array(fc.integer({ min: 1, max: axis === shape.length - 1 ? 130 : 5 }), { minLength: 2, maxLength: 4 }),
      dtype: fc.constantFrom('float32' as const, 'int32' as const),
    }),
  )

describe('moving data on wasm', () => {
  beforeAll(() => useBackend('wasm'))

  it('concat joins and split takes apart, along every axis', () => {
    fc.assert(
      fc.property(cases, ({ shape, axis, sizes, dtype }) => {
        const before = tf.memory().numTensors
        const shapes = sizes.map((size) => shape.map((n, i) => (i === axis ? size : n)))
        let next = 1
        const values = shapes.map((each) => elements(each, () => next++))
        const parts = shapes.map((each, i) => tf.tensor(values[i]!, each, dtype))
        const whole = tf.concat(parts, axis)
        const total = sizes.reduce((sum, n) => sum + n, 0)
        const wholeShape = shape.map((n, i) => (i === axis ? total : n))
        const expected = elements(wholeShape, (index) => {
          let part = 0
          const inside = [...index]
          while (inside[axis]! >= sizes[part]!) inside[axis]! -= sizes[part++]!
          return at(values[part]!, shapes[part]!, inside)
        })
        expect(whole.shape).toEqual(wholeShape)
        expect(whole.dtype).toBe(dtype)
        expect([...whole.dataSync()]).toEqual(expected)
        const again = tf.split(whole, sizes, axis)
        again.forEach((part, i) => {
          expect(part.shape).toEqual(shapes[i])
          expect([...part.dataSync()]).toEqual(values[i])
        })
        tf.dispose([parts, whole, again] as tf.TensorContainer)
        expect(tf.memory().numTensors).toBe(before)
      }),
      { numRuns: 60 },
    )
  })

  it('stack and unstack add and remove an axis, also counted from the end', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ shape, axis, sizes, dtype }, fromTheEnd) => {
        const count = sizes.length
        let next = 1
        const values = sizes.map(() => elements(shape, () => next++))
        const parts = values.map((each) => tf.tensor(each, shape, dtype))
        const place = fromTheEnd ? axis - shape.length - 1 : axis
        const whole = tf.stack(parts, place)
        const stacked = [...shape.slice(0, axis), count, ...shape.slice(axis)]
        expect(whole.shape).toEqual(stacked)
        expect([...whole.dataSync()]).toEqual(
          elements(stacked, (index) => at(values[index[axis]!]!, shape, index.toSpliced(axis, 1))),
        )
        const again = tf.unstack(whole, place)
        again.forEach((part, i) => {
          expect(part.shape).toEqual(shape)
          expect([...part.dataSync()]).toEqual(values[i])
        })
        tf.dispose([parts, whole, again] as tf.TensorContainer)
      }),
      { numRuns: 60 },
    )
  })

  it('leaves other kinds of tensors and empty ones to the stock kernels', () => {
    const bools = tf.concat([tf.tensor([true, false], [2], 'bool'), tf.tensor([true], [1], 'bool')])
    const strings = tf.concat([tf.tensor(['a']), tf.tensor(['b', 'c'])])
    const empty = tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])])
    expect([...bools.dataSync()]).toEqual([1, 0, 1])
    expect(strings.dataSync() as unknown).toEqual(['a', 'b', 'c'])
    expect(empty.shape).toEqual([1, 2])
    expect(() => tf.stack([tf.zeros([2]), tf.zeros([3])])).toThrow()
  })

  it('kernels with several outputs free the first ones where a later one does not fit', () => {
    const backend = wasmBackend()!
    const x = tf.ones([2, 4])
    const calls: [string, () => unknown][] = [
      ['split', () => tf.split(x, 4, 1)],
      ['unstack', () => tf.unstack(x, 1)],
      [
        'adamUpdate',
        () =>
          adamUpdate(
            { weight: x, m: x, v: x, gradient: x },
            { beta1: 0.9, beta2: 0.99, scale: 1, root: 1, epsilon: 1e-8 },
          ),
      ],
    ]
    const { makeOutput } = backend
    for (const [name, call] of calls) {
      const made: object[] = []
      const freed: object[] = []
      const { disposeData } = backend
      backend.makeOutput = (...args) => {
        if (made.length === 2) throw new OutOfMemoryError(1, 1)
        const info = makeOutput.apply(backend, args)
        made.push(info.dataId)
        return info
      }
      backend.disposeData = (dataId, force) => {
        freed.push(dataId)
        return disposeData.call(backend, dataId, force)
      }
      try {
        expect(call, name).toThrow(OutOfMemoryError)
        expect(freed, name).toEqual(made)
      } finally {
        Object.assign(backend, { makeOutput, disposeData })
      }
    }
    x.dispose()
  })

  it('a clone shares its bytes, and each owner may let go first', () => {
    const x = tf.tensor([1, 2, 3])
    const { numDataBuffers } = tf.memory()
    const y = tf.clone(x)
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers)
    x.dispose()
    expect([...y.dataSync()]).toEqual([1, 2, 3])
    const v = tf.variable(y)
    const kept = v.clone()
    v.assign(tf.tensor([4, 5, 6]))
    expect([...kept.dataSync()]).toEqual([1, 2, 3])
    tf.dispose([y, v, kept])
  })
})
