import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import {
  bfloat16ToFloat,
  floatToBfloat16,
  floatToHalf,
  halfToFloat,
  readSafetensors,
  readWeights,
  toFloat32,
  writeSafetensors,
  type NamedTensor,
  type NamedTensors,
} from '../../src/weights/index.js'

const sample: NamedTensors = new Map([
  ['b', { shape: [2, 3], data: new Float32Array([1, -2, 0.5, 1e-30, -0, 3e38]) }],
  ['a.weight', { shape: [], data: new Float32Array([7]) }],
  ['empty', { shape: [0, 4], data: new Float32Array() }],
])

/** A file with the given header text and number of data bytes. */
function file(header: unknown, dataBytes = 0, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

function thrownBy(run: () => void): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('writeSafetensors and readSafetensors', () => {
  it('round-trips values, shapes, order and metadata', () => {
    const { tensors, metadata } = readSafetensors(writeSafetensors(sample, { note: 'naïve' }))
    expect(metadata).toEqual({ note: 'naïve' })
    expect([...tensors.keys()]).toEqual([...sample.keys()])
    for (const [name, { shape, data }] of sample) {
      expect(tensors.get(name)).toMatchObject({ shape, dtype: 'F32' })
      expect(toFloat32(tensors.get(name)!)).toEqual(data)
    }
  })

  it('aligns the data section and reads from an unaligned view', () => {
    const bytes = writeSafetensors(sample)
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(toFloat32(readSafetensors(shifted.subarray(3)).tensors.get('b')!)).toEqual(sample.get('b')!.data)
  })

  it("reads Node's Buffer, whose slice does not copy", () => {
    const pooled = Buffer.from([0, 0, 0, ...writeSafetensors(sample)]).subarray(3)
    expect(toFloat32(readSafetensors(pooled).tensors.get('b')!)).toEqual(sample.get('b')!.data)
  })

  it('writes equal bytes for equal input', () => {
    expect(writeSafetensors(sample)).toEqual(writeSafetensors(new Map(sample)))
  })

  it('gives back every value exactly in F32, and the nearest in F16 and BF16, which a second trip leaves alone', () => {
    const tensors = fc
      .dictionary(
        fc
          .oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '0', 'conv.weight'))
          .filter((name) => name !== '__metadata__'),
        fc.array(fc.nat(3), { maxLength: 4 }).chain((shape) => {
          const length = shape.reduce((product, n) => product * n, 1)
          return fc.float32Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }))
        }),
        { maxKeys: 6 },
      )
      .map((made): NamedTensors => new Map(Object.entries(made)))
    const texts = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 })
    const nearest = {
      F32: (value: number) => value,
      F16: (value: number) => halfToFloat(floatToHalf(value)),
      BF16: (value: number) => bfloat16ToFloat(floatToBfloat16(value)),
    }
    fc.assert(
      fc.property(tensors, texts, fc.constantFrom('F32', 'F16', 'BF16'), (all, metadata, dtype) => {
        const read = (bytes: Uint8Array): Map<string, NamedTensor> => {
          const file = readWeights(bytes)
          expect(file.format).toBe('safetensors')
          expect({ ...file.metadata }).toEqual({ ...metadata })
          return new Map(
            [...file.tensors].map(([name, stored]) => [name, { shape: stored.shape, data: toFloat32(stored) }]),
          )
        }
        const once = read(writeSafetensors(all, metadata, { dtype }))
        expect(new Set(once.keys())).toEqual(new Set(all.keys()))
        for (const [name, { shape, data }] of all) {
          expect(once.get(name)!.shape).toEqual(shape)
          expect(once.get(name)!.data).toEqual(data.map(nearest[dtype]))
        }
        expect(read(writeSafetensors(once, metadata, { dtype }))).toEqual(once)
      }),
      { numRuns: 500, seed: 3 },
    )
  })

  it('stores halves and bfloat16 rounded to nearest', () => {
    const one: NamedTensors = new Map([['x', { shape: [3], data: new Float32Array([1, 1 / 3, 65504]) }]])
    const read = (dtype: 'F16' | 'BF16'): number[] => [
      ...toFloat32(readSafetensors(writeSafetensors(one, {}, { dtype })).tensors.get('x')!),
    ]
    expect(read('F16')).toEqual([1, 0.333251953125, 65504])
    expect(read('BF16')).toEqual([1, 0.333984375, 65536])
  })

  it('converts every readable dtype', () => {
    const bytes = file(
      {
        x: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
        y: { dtype: 'F64', shape: [1], data_offsets: [8, 16] },
        z: { dtype: 'BOOL', shape: [2], data_offsets: [16, 18] },
      },
      18,
    )
    const view = new DataView(bytes.buffer, bytes.length - 18)
    view.setBigInt64(0, -5n, true)
    view.setFloat64(8, 0.1, true)
    view.setUint8(17, 1)
    const { tensors } = readSafetensors(bytes)
    expect([...toFloat32(tensors.get('x')!)]).toEqual([-5])
    expect([...toFloat32(tensors.get('y')!)]).toEqual([Math.fround(0.1)])
    expect([...toFloat32(tensors.get('z')!)]).toEqual([0, 1])
  })

  it('refuses tensors whose shape and values differ', () => {
    expect(() => writeSafetensors(new Map([['x', { shape: [2], data: new Float32Array(3) }]]))).toThrow(WeightsError)
  })
})

describe('readSafetensors on malformed files', () => {
  const f32 = (shape: unknown, data_offsets: unknown): unknown => ({ dtype: 'F32', shape, data_offsets })
  const cases: [string, Uint8Array, RegExp][] = [
    ['too short', new Uint8Array(7), /7 bytes/],
    ['header beyond the file', file('{}', 0, 3n), /header claims 3 bytes/],
    ['an absurd header length', file('{}', 0, 2n ** 64n - 1n), /header claims/],
    ['no JSON', file('{"a":'), /not JSON/],
    ['invalid UTF-8', file('{}').map((byte, i) => (i === 8 ? 0xff : byte)), /not JSON/],
    ['a JSON array', file([]), /not a JSON object/],
    ['null', file('null'), /not a JSON object/],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), /__metadata__/],
    ['an entry that is no object', file({ x: 3 }), /"x" has no description/],
    ['an unknown dtype', file({ x: { dtype: 'F4', shape: [], data_offsets: [0, 0] } }), /dtype "F4"/],
    ['an inherited dtype', file({ x: { dtype: 'toString', shape: [], data_offsets: [0, 0] } }), /dtype/],
    ['a negative size', file({ x: f32([-1, -1], [0, 4]) }, 4), /shape/],
    ['a fractional size', file({ x: f32([0.5, 2], [0, 4]) }, 4), /shape/],
    ['sizes that overflow', file({ x: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), /needs/],
    ['three offsets', file({ x: f32([1], [0, 4, 8]) }, 8), /offsets/],
    ['offsets out of order', file({ x: f32([1], [4, 0]) }, 4), /reaches from byte 4 to 0/],
    ['offsets beyond the file', file({ x: f32([2], [0, 8]) }, 4), /has 4 bytes/],
    ['a size that differs from the offsets', file({ x: f32([2], [0, 4]) }, 4), /needs 8 bytes, but has 4/],
    ['an overlap', file({ x: f32([2], [0, 8]), y: f32([1], [4, 8]) }, 8), /"y" overlaps/],
    ['a hole', file({ x: f32([1], [0, 4]), y: f32([1], [8, 12]) }, 12), /bytes 4 to 8/],
    ['trailing bytes', file({ x: f32([1], [0, 4]) }, 5), /bytes 4 to 5/],
  ]
  it.each(cases)('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'file.safetensors')).toThrow(WeightsError)
    expect(() => readSafetensors(bytes, 'file.safetensors')).toThrow(message)
  })

  it('throws nothing but WeightsError on arbitrary bytes', () => {
    const valid = writeSafetensors(sample, { note: 'x' })
    const mutated = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((edits) => {
        const bytes = valid.slice()
        for (const [at, value] of edits) bytes[at] = value
        return bytes
      })
    const cut = fc.nat(valid.length).map((length) => valid.slice(0, length))
    const headers = fc.json().map((text) => file(text, 8))
    const entries = fc
      .dictionary(
        fc.string(),
        fc.record({
          dtype: fc.constantFrom('F32', 'F16', 'X', '__proto__'),
          shape: fc.array(fc.oneof(fc.nat(4), fc.double(), fc.constant(null))),
          data_offsets: fc.array(fc.integer({ min: -4, max: 20 }), { maxLength: 3 }),
        }),
      )
      .map((header) => file(header, 16))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated, cut, headers, entries), (bytes) => {
        expect(thrownBy(() => readSafetensors(bytes).tensors.forEach(toFloat32))).toSatisfy(
          (error) => error === undefined || error instanceof WeightsError,
        )
      }),
      { numRuns: 600, seed: 1 },
    )
  })
})
