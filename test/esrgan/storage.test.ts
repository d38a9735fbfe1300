import * as tf from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { createRRDBGenerator, interpolateWeights, loadGenerator, saveGenerator } from '../../src/esrgan/index.js'
import { imageToTensor } from '../../src/image.js'
import { readImage } from '../../src/node/index.js'
import { getWeights } from '../../src/training/index.js'
import {
  generatorNameIn,
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type NamedTensor,
} from '../../src/weights/index.js'
import { useBackend } from '../helpers/backend.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { expectClose, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const tiny = { blocks: 2, features: 4, growth: 2, seed: 5 } as const

beforeAll(() => useBackend('wasm'))

async function savedTensors(): Promise<Map<string, NamedTensor>> {
  using generator = createRRDBGenerator(tiny)
  const { tensors } = readSafetensors(await saveGenerator(generator))
  return new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }]))
}

describe('saveGenerator and loadGenerator', () => {
  it.each([1, 2, 4] as const)('round-trip sizes, options and weights at scale %s', async (scale) => {
    using generator = createRRDBGenerator({ ...tiny, scale, channels: 2, residualScale: 0.1, bicubicSkip: true })
    const bytes = await saveGenerator(generator)
    using loaded = loadGenerator(bytes)
    expect(loaded.config).toEqual(generator.config)
    expect(await getWeights(loaded.variables)).toEqual(await getWeights(generator.variables))
    expect(await saveGenerator(loaded)).toEqual(bytes)
  })

  it('writes BasicSR names and [out, in, height, width] kernels', async () => {
    const tensors = await savedTensors()
    expect(tensors.get('conv_first.weight')!.shape).toEqual([4, 3, 3, 3])
    expect(tensors.get('body.1.rdb3.conv2.weight')!.shape).toEqual([2, 6, 3, 3])
    expect([...tensors.keys()].slice(0, 3)).toEqual([
      'conv_first.weight',
      'conv_first.bias',
      'body.0.rdb1.conv1.weight',
    ])
  })

  it.each(['esrgan', 'oldest'] as const)('reads the %s names', async (scheme) => {
    const tensors = await savedTensors()
    const renamed = new Map([...tensors].map(([name, value]) => [generatorNameIn(scheme, name, tiny.blocks), value]))
    using generator = createRRDBGenerator(tiny)
    using loaded = loadGenerator(writeSafetensors(renamed))
    expect(await getWeights(loaded.variables)).toEqual(await getWeights(generator.variables))
  })

  it('lists every tensor that differs', async () => {
    const tensors = await savedTensors()
    tensors.delete('conv_hr.bias')
    tensors.set('conv_up1.weight', { shape: [4, 4, 1, 1], data: new Float32Array(16) })
    tensors.set('extra', { shape: [1], data: new Float32Array(1) })
    const load = (): unknown => loadGenerator(writeSafetensors(tensors), { source: 'model.safetensors' })
    expect(load).toThrow(WeightsError)
    expect(load).toThrow(
      expect.objectContaining({
        differences: [
          'conv_up1.weight is [4, 4, 1, 1], the network has [4, 4, 3, 3]',
          'missing conv_hr.bias [4]',
          'unexpected extra [1]',
        ],
      }),
    )
    await expectNoLeakWhenThrowing(load, 'missing conv_hr.bias [4]')
  })

  it('says so when the file holds something else', async () => {
    expect(() => loadGenerator(writeSafetensors(new Map([['a', { shape: [1], data: new Float32Array(1) }]])))).toThrow(
      /no weights of an RRDB generator: conv_first.weight is missing; the file begins with a \[1\]/,
    )
    const tensors = await savedTensors()
    tensors.set('conv_first.weight', { shape: [4, 5, 3, 3], data: new Float32Array(180) })
    expect(() => loadGenerator(writeSafetensors(tensors))).toThrow(/reads 5 channels, conv_last writes 3/)
  })

  it('is not made to allocate by a block number', async () => {
    const tensors = await savedTensors()
    tensors.set('body.4000000000.rdb1.conv1.weight', { shape: [1], data: new Float32Array(1) })
    expect(() => loadGenerator(writeSafetensors(tensors))).toThrow(/unexpected body.4000000000/)
  })

  it.each(['{"residualScale":"x","bicubicSkip":1}', '{"residualScale":2}', 'null', '[', '3'])(
    'refuses damaged options in the metadata: %s',
    async (text) => {
      const bytes = writeSafetensors(await savedTensors(), { 'esrgan-scnn.generator': text })
      expect(() => loadGenerator(bytes, { source: 'my.safetensors' })).toThrow(
        `my.safetensors: the metadata esrgan-scnn.generator is damaged: ${text}`,
      )
    },
  )

  it('interpolates between two networks', async () => {
    const a = await savedTensors()
    const b = new Map([...a].map(([name, { shape, data }]) => [name, { shape, data: data.map((value) => value + 1) }]))
    const mixed = interpolateWeights(a, b, 0.25)
    for (const [name, { data }] of mixed) {
      expectClose(
        data,
        a.get(name)!.data.map((value) => value + 0.25),
        1e-6,
      )
    }
    b.delete('conv_hr.bias')
    expect(() => interpolateWeights(a, b, 0.5)).toThrow(WeightsError)
    expect(() => interpolateWeights(a, a, 1.5)).toThrow(/alpha/)
  })
})

describeShared('Real-ESRGAN x4plus (23 RRDBs, F16 weights)', () => {
  it('gives the output of PyTorch', async () => {
    using generator = loadGenerator(readFileSync(sharedData('rrdb/RealESRGAN_x4plus.fp16.safetensors')))
    expect(generator.config).toMatchObject({ blocks: 23, features: 64, growth: 32, scale: 4, channels: 3 })
    expect(generator.parameterCount).toBe(16_697_987)
    const image = imageToTensor(await readImage(sharedData('reference/input_16x16.png')))
    const output = tf.tidy(() => generator.apply(tf.expandDims<tf.Tensor4D>(image, 0)))
    expect(output.shape).toEqual([1, 64, 64, 3])
    const file = readFileSync(sharedData('reference/realesrgan_x4plus_out.f32'))
    expectClose(await output.data(), new Float32Array(new Uint8Array(file).buffer), 1e-4)
    tf.dispose([image, output])
  })
})
