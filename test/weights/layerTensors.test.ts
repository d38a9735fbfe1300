import { describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { layerTensors, toKerasLayout } from '../../src/weights/layerTensors.js'
import type { StoredTensor, WeightsFile } from '../../src/weights/index.js'

const stored = (shape: number[], values: number[]): StoredTensor => ({
  dtype: 'F32',
  shape,
  data: new Uint8Array(Float32Array.from(values).buffer),
})
const fileOf = (tensors: Record<string, StoredTensor>): WeightsFile => ({
  format: 'torch',
  tensors: new Map(Object.entries(tensors)),
  metadata: {},
})
const one = stored([1], [1])
const namesOf = (...names: string[]): string[] => [
  ...layerTensors(fileOf(Object.fromEntries(names.map((name) => [name, one]))), 'file').keys(),
]

describe('layerTensors', () => {
  it('opens containers, one in the other too, averaged weights first, and strips module.', () => {
    expect(namesOf('params.a.weight', 'params_ema.b.weight')).toEqual(['b.weight'])
    expect(namesOf('epoch', 'optimizer.a', 'state_dict.module.a.weight')).toEqual(['a.weight'])
    expect(namesOf('state_dict.params.module.a.bias')).toEqual(['a.bias'])
    expect(namesOf('model.0.weight', 'model.1.sub.0.weight')).toEqual(['model.0.weight', 'model.1.sub.0.weight'])
  })

  it.each([
    ['block1_conv1/kernel', 'block1_conv1.weight'],
    ['block1_conv1/block1_conv1/kernel:0', 'block1_conv1.weight'],
    ['model_weights/block1_conv1/block1_conv1/bias:0', 'block1_conv1.bias'],
    ['block1_conv1/block1_conv1_W_1:0', 'block1_conv1.weight'],
    ['block1_conv1/block1_conv1_b_1:0', 'block1_conv1.bias'],
    ['body.0.rdb1.conv1/kernel_1', 'body.0.rdb1.conv1.weight'],
    ['bn0_1/gamma', 'bn0_1.weight'],
    ['bn0_1/beta:0', 'bn0_1.bias'],
    ['bn0_1/moving_mean', 'bn0_1.running_mean'],
    ['bn0_1/moving_variance', 'bn0_1.running_var'],
    ['kernel', 'kernel'],
    ['conv/other', 'conv/other'],
  ])('turns %s into %s', (keras, pytorch) => {
    expect(namesOf(keras)).toEqual([pytorch])
  })

  it('refuses two tensors of one name', () => {
    expect(() => namesOf('a/kernel', 'a.weight')).toThrow(WeightsError)
    expect(() => namesOf('module.a.weight', 'a.weight')).toThrow('file: two tensors are named a.weight')
  })

  it("gives PyTorch's shapes, and values in tfjs's layout from either", () => {
    const values = [0, 1, 2, 3, 4, 5]
    const [pytorch, keras] = ['a.weight', 'a/kernel'].map((name) =>
      [2, 4].map((rank) => {
        const shape = [...Array<number>(rank - 2).fill(1)]
        const own = name === 'a/kernel' ? [...shape, 2, 3] : [3, 2, ...shape]
        return layerTensors(fileOf({ [name]: stored(own, values) }), 'file').get('a.weight')!
      }),
    )
    for (const [i, layer] of pytorch!.entries()) {
      expect(layer.shape).toEqual(keras![i]!.shape)
      expect(toKerasLayout(layer).shape).toEqual(i === 0 ? [2, 3] : [1, 1, 2, 3])
      expect([...toKerasLayout(layer).data]).toEqual([0, 2, 4, 1, 3, 5])
      expect([...toKerasLayout(keras![i]!).data]).toEqual(values)
    }
  })

  it('permutes what reads a flattened image, unless it is in that order already', () => {
    // [out, c*h*w] with c = 2, h = 1, w = 2 to [h*w*c, out]
    const flattened = { height: 1, width: 2, channels: 2 }
    const layer = (name: string, shape: number[]) =>
      layerTensors(fileOf({ [name]: stored(shape, [0, 1, 2, 3]) }), 'file').get('linear1.weight')!
    expect([...toKerasLayout(layer('linear1.weight', [1, 4]), flattened).data]).toEqual([0, 2, 1, 3])
    expect([...toKerasLayout(layer('linear1/kernel', [4, 1]), flattened).data]).toEqual([0, 1, 2, 3])
  })
})
