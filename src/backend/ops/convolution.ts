import { engine, sum, tidy, type NamedAttrMap, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, requireRange } from '../../errors.js'
import { lazyGradient } from './lazyGradient.js'
import { afterLeakyRelu } from './leakyRelu.js'
import { requireFloat32 } from './requireFloat32.js'
import { tapeState } from './tape.js'

/** Options of {@link convolution}. */
export interface ConvolutionOptions {
  /** Distance between two places of the filter, along both axes; default 1. */
  readonly stride?: number
  /** Padding as in `tf.conv2d`; default `'same'`. */
  readonly pad?: 'same' | 'valid'
  /** The slope of a LeakyReLU after it, in [0, 1]; 0 is ReLU. Default none. */
  readonly slope?: number
}

const run = (name: string, inputs: Record<string, Tensor>, attrs: object): Tensor =>
  engine().runKernel(name, inputs, attrs as NamedAttrMap) as Tensor

/** The attributes of an activation that FusedConv2D computes with the convolution. */
function fusedActivation(slope: number | undefined): object {
  if (slope === undefined) return { activation: 'linear' }
  return slope === 0 ? { activation: 'relu' } : { activation: 'leakyrelu', leakyreluAlpha: slope }
}

/**
 * A convolution with bias, `y[b, i, j, k] = bias[k] + sum x[b, i*s + p, j*s + q, c] filter[p, q, c, k]`, and a LeakyReLU
 * if asked for. In training it keeps no more than x and y: `tf.fused.conv2d` falls apart into three operations there,
 * and computes gradients that nobody asked for.
 *
 * @param x `[batch, height, width, in]`; borrowed.
 * @param filter `[rows, columns, in, out]`; borrowed.
 * @param bias `[out]`; borrowed.
 * @returns `[batch, height', width', out]`; the caller disposes it. First-order gradients only.
 * @throws ArgumentError where the bias has another shape, for a slope outside of [0, 1], and for other types than float32.
 */
export function convolution(
  x: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D,
  { stride = 1, pad = 'same', slope }: ConvolutionOptions = {},
): Tensor4D {
  requireFloat32({ x, filter, bias })
  if (bias.rank !== 1 || bias.shape[0] !== filter.shape[3]) {
    throw new ArgumentError('bias', `have the shape [${filter.shape[3]}], as filter has so many outputs`, bias.shape)
  }
  if (slope !== undefined) requireRange('options.slope', slope, 0, 1)
  const attrs = { strides: [stride, stride], pad, dataFormat: 'NHWC', dilations: [1, 1] }
  const convolve = (): Tensor4D =>
    lazyGradient(
      { x, filter, bias },
      (save) => {
        const y = run('FusedConv2D', { x, filter, bias }, { ...attrs, ...fusedActivation(slope) })
        // Not before: where the kernel throws nobody would dispose what is saved.
        save([x, filter])
        return y
      },
      (dy, saved) => ({
        x: () => run('Conv2DBackpropInput', { dy, filter: saved[1]! }, { ...attrs, inputShape: x.shape }),
        filter: () => run('Conv2DBackpropFilter', { x: saved[0]!, dy }, { ...attrs, filterShape: filter.shape }),
        bias: () => sum(dy, [0, 1, 2]),
      }),
    ) as Tensor4D
  return slope === undefined || tapeState().gradientDepth === 0
    ? convolve()
    : tidy(() => afterLeakyRelu(convolve(), slope))
}
