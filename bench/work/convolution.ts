import { conv2d, dispose, engine, mul, randomNormal, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { NamedAttrMap } from '@tensorflow/tfjs-core'
import type { ConvolutionSpec } from '../rows.js'
import type { Work } from './work.js'

/** One 3x3 convolution, or a gradient by the kernel that tfjs's gradient of `conv2d` calls. */
export function convolutionWork({ kind, batch, size, inputs, outputs }: ConvolutionSpec): Work {
  const normal = (shape: [number, number, number, number], seed: number): Tensor4D =>
    randomNormal(shape, 0, 1, 'float32', seed)
  const x = normal([batch, size, size, inputs], 1)
  const dy = normal([batch, size, size, outputs], 2)
  const wide = normal([3, 3, inputs, outputs], 3)
  const filter = mul(wide, Math.sqrt(1 / (9 * inputs))) as Tensor4D
  wide.dispose()
  const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined }
  const kernel = (name: string, operands: Record<string, Tensor>, more: object): Tensor =>
    engine().runKernel(name, operands, { ...attributes, ...more } as unknown as NamedAttrMap) as Tensor
  const compute = {
    'conv-forward': () => conv2d(x, filter, 1, 'same'),
    'conv-input-gradient': () => kernel('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }),
    'conv-filter-gradient': () => kernel('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }),
  }[kind]
  const given = new Map<string, Tensor>([
    ['x', x],
    ['dy', dy],
    ['weight', filter],
  ])
  return {
    given,
    result: async () => compute(),
    run: async () => compute(),
    dispose: () => dispose([...given.values()]),
  }
}
