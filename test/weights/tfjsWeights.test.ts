import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { io } from '@tensorflow/tfjs-core'
import { WeightsError } from '../../src/errors.js'
import { readTfjsWeights, toFloat32 } from '../../src/weights/index.js'
import { useBackend } from '../helpers/backend.js'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)
const halves = (...values: number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer)
const manifest = (weights: unknown, paths: unknown = ['a.bin']): object => ({ weightsManifest: [{ paths, weights }] })
const shard = (content: Uint8Array): Map<string, Uint8Array> => new Map([['a.bin', content]])
const float = (name: string, shape: number[], quantization?: object): object => ({
  name,
  shape,
  dtype: 'float32',
  ...(quantization === undefined ? {} : { quantization }),
})

describe('readTfjsWeights', () => {
  it('reads groups, shards that a weight crosses, bare manifests, and metadata', () => {
    const groups = [
      { paths: ['a', 'b'], weights: [float('x', [2]), float('y', [])] },
      { paths: ['c'], weights: [{ name: 'i', shape: [1], dtype: 'int32' }] },
    ]
    const all = floats(1, 2, 3)
    const shards = new Map([
      ['c', new Uint8Array(Int32Array.of(-5).buffer)],
      ['a', all.subarray(0, 6)],
      ['b', all.subarray(6)],
    ])
    for (const json of [groups, { weightsManifest: groups, userDefinedMetadata: { note: 'n', other: 3 } }]) {
      const { format, tensors, metadata } = readTfjsWeights(json, shards)
      expect(format).toBe('tfjs')
      expect([...tensors].map(([name, tensor]) => [name, tensor.shape, [...toFloat32(tensor)]])).toEqual([
        ['x', [2], [1, 2]],
        ['y', [], [3]],
        ['i', [1], [-5]],
      ])
      expect(metadata).toEqual(json === groups ? {} : { note: 'n' })
    }
  })

  it('gives quantised weights the values that tfjs gives them, float16 as it is', async () => {
    await useBackend('cpu')
    const scale = 0.0015210261239725
    const min = -0.124724142165745
    const weights = [
      float('u8', [3], { dtype: 'uint8', scale, min }),
      float('u16', [2], { dtype: 'uint16', scale, min }),
      float('f16', [2], { dtype: 'float16' }),
    ]
    const content = Uint8Array.from([...bytes(0, 82, 255), ...halves(3, 65535), ...halves(0x3555, 0x0001)])
    const { tensors } = readTfjsWeights(manifest(weights), shard(content))
    const expected = io.decodeWeights(content.buffer, weights as io.WeightsManifestEntry[])
    for (const [name, tensor] of tensors) {
      expect(toFloat32(tensor)).toEqual(await expected[name]!.data())
      expected[name]!.dispose()
    }
    expect(tensors.get('f16')!.dtype).toBe('F16')
  })

  it.each([
    ['a number', 3, /the file is no JSON object/],
    ['nothing', null, /the file is no JSON object/],
    ['no manifest', {}, /weightsManifest is no list/],
    ['groups that are none', { weightsManifest: [3] }, /something else than groups/],
    ['no paths', manifest([], 3), /without a list of paths/],
    ['no weights', manifest(3), /without a list of weights/],
    ['a weight without a name', manifest([{ shape: [1], dtype: 'float32' }]), /without a name/],
    ['a shape', manifest([float('x', [0.5])]), /weight "x" has a shape that is no list of sizes/],
    ['a huge shape', manifest([float('x', [2 ** 40, 2 ** 40])]), /too many elements/],
    ['a dtype', manifest([{ name: 'x', shape: [1], dtype: 'float64' }]), /weight "x" has no dtype/],
    ['a quantisation', manifest([float('x', [1], { dtype: 'int4' })]), /no quantization to uint8, uint16, float16/],
    ['no scale', manifest([float('x', [1], { dtype: 'uint8', min: 0 })]), /without scale and min/],
    ['twice a name', manifest([float('x', [0]), float('x', [0])]), /two weights are named "x"/],
    ['too few bytes', manifest([float('x', [2])]), /hold 4 bytes, its weights take 8/],
    ['too many bytes', manifest([]), /hold 4 bytes, its weights take 0/],
    ['a shard not given', manifest([float('x', [1])], ['b.bin']), /names the weight file "b.bin": not given/],
    ['a shard twice', manifest([float('x', [1])], Array(3).fill('a.bin')), /names the weight file "a.bin" twice/],
    ['strings', manifest([{ name: 'x', shape: [1], dtype: 'string' }]), /is string; only numbers/],
    ['complex numbers', manifest([{ name: 'x', shape: [0], dtype: 'complex64' }], []), /is complex64; only numbers/],
  ])('refuses %s', (_, json, message) => {
    const read = (): unknown => readTfjsWeights(json, shard(floats(1)), 'm.json')
    expect(read).toThrow(WeightsError)
    expect(read).toThrow(message)
    expect(read).toThrow(/^m.json: /)
  })

  it('takes no text for metadata', () => {
    const read = readTfjsWeights({ weightsManifest: [], userDefinedMetadata: 'one entry for each letter' }, new Map())
    expect(read.metadata).toEqual({})
  })

  it('never does anything but throw a WeightsError, whatever the manifest says', () => {
    const weight = fc.record(
      {
        name: fc.oneof(fc.string(), fc.constant('__proto__'), fc.integer()),
        shape: fc.oneof(fc.array(fc.oneof(fc.nat(4), fc.double(), fc.constant(2 ** 31))), fc.jsonValue()),
        dtype: fc.constantFrom('float32', 'int32', 'bool', 'string', 'complex64', 'x'),
        quantization: fc.oneof(
          fc.jsonValue(),
          fc.record({
            dtype: fc.constantFrom('uint8', 'uint16', 'float16', 'int8'),
            scale: fc.oneof(fc.double(), fc.string()),
            min: fc.double(),
          }),
        ),
      },
      { requiredKeys: [] },
    )
    const group = fc.record({ paths: fc.array(fc.constantFrom('a.bin', 'b.bin')), weights: fc.array(weight) })
    const json = fc.oneof(fc.jsonValue(), fc.record({ weightsManifest: fc.array(fc.oneof(group, fc.jsonValue())) }))
    let read = 0
    fc.assert(
      fc.property(json, fc.uint8Array({ maxLength: 64 }), (value, content) => {
        try {
          readTfjsWeights(value, shard(content)).tensors.forEach(toFloat32)
          read++
        } catch (error) {
          if (!(error instanceof WeightsError)) throw error
        }
      }),
      { numRuns: 5000 },
    )
    expect(read).toBeGreaterThan(0)
  })
})
