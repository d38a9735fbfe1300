import { concat, tidy, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, requireRange } from '../../errors.js'
import { addScaled } from './addScaled.js'
import { convolution } from './convolution.js'
import { lazyGradient } from './lazyGradient.js'
import { hasOwnKernel, runOwnKernel } from './ownKernel.js'
import { requireFloat32 } from './requireFloat32.js'
import { requireImages } from './requireImages.js'

/** Options of {@link residualDenseBlock}. */
export interface ResidualDenseBlockOptions {
  /** Slope of the LeakyReLU after every convolution but the last, in [0, 1]; default 0.2. */
  readonly slope?: number
  /** What the last convolution is multiplied by before x is added, in [0, 1]; default 0.2. */
  readonly scale?: number
}

/** Each filter must take x and all outputs before it, and the last one give as many channels as x has. */
function requireDense(x: Tensor4D, filters: readonly Tensor4D[], biases: readonly Tensor1D[]): void {
  if (filters.length === 0) throw new ArgumentError('filters', 'hold at least one filter', filters.length)
  if (biases.length !== filters.length) {
    throw new ArgumentError('biases', `be as many as the filters, ${filters.length}`, biases.length)
  }
  let channels = x.shape[3]
  filters.forEach(({ shape, rank }, k) => {
    if (rank !== 4 || shape[2] !== channels) {
      throw new ArgumentError(`filters[${k}]`, `have the shape [rows, columns, ${channels}, out]`, shape)
    }
    const outputs = k === filters.length - 1 ? x.shape[3] : shape[3]
    if (shape[3] !== outputs) throw new ArgumentError(`filters[${k}]`, `have ${outputs} outputs, as x has`, shape)
    const bias = biases[k]!
    if (bias.rank !== 1 || bias.shape[0] !== outputs) {
      throw new ArgumentError(`biases[${k}]`, `have the shape [${outputs}]`, bias.shape)
    }
    channels += outputs
  })
}

/** The same from other operations, each with its own gradient. */
function composed(
  x: Tensor4D,
  filters: readonly Tensor4D[],
  biases: readonly Tensor1D[],
  slope: number,
  scale: number,
): Tensor4D {
  return tidy(() => {
    const seen: Tensor4D[] = [x]
    const all = (): Tensor4D => (seen.length === 1 ? x : concat(seen, 3))
    const last = filters.length - 1
    for (let k = 0; k < last; k++) seen.push(convolution(all(), filters[k]!, biases[k]!, { slope }))
    return addScaled(x, convolution(all(), filters[last]!, biases[last]!), scale)
  })
}

/**
 * A residual dense block (Wang et al. 2018, arXiv 1809.00219, section 3.1): convolutions with stride 1, zero padding and
 * LeakyReLU, each seeing x and all outputs before it, and a last one without activation; `y = scale * last + x`. On wasm
 * all of them write into one buffer, 3x3 filters by Winograd's algorithm, and only the buffer is kept for the gradient,
 * whose inputs are all computed at once; elsewhere it is made of concatenations and {@link convolution}.
 *
 * @param x `[batch, height, width, features]`; borrowed.
 * @param filters the k-th `[rows, columns, in, out]`, where `in` is the features and all outputs before; the last has as
 * many outputs as there are features; borrowed.
 * @param biases the k-th `[out]`; borrowed.
 * @returns the shape of x; the caller disposes it. First-order gradients only.
 * @throws ArgumentError where a shape does not fit, for a slope or scale outside of [0, 1], and for other types than float32.
 */
export function residualDenseBlock(
  x: Tensor4D,
  filters: readonly Tensor4D[],
  biases: readonly Tensor1D[],
  { slope = 0.2, scale = 0.2 }: ResidualDenseBlockOptions = {},
): Tensor4D {
  requireImages('x', x)
  requireDense(x, filters, biases)
  requireFloat32({ x })
  filters.forEach((filter, k) => requireFloat32({ [`filters[${k}]`]: filter, [`biases[${k}]`]: biases[k]! }))
  requireRange('options.slope', slope, 0, 1)
  requireRange('options.scale', scale, 0, 1)
  const portable = (): Tensor4D => composed(x, filters, biases, slope, scale)
  const isFitting = x.size > 0 && filters.every(({ shape }) => shape[0] === 3 && shape[1] === 3 && shape[3] > 0)
  if (!isFitting || !hasOwnKernel('residualDenseBlock')) return portable()
  const named = (name: string, tensors: readonly Tensor[]): [string, Tensor][] =>
    tensors.map((tensor, k) => [`${name}${k}`, tensor])
  const attrs = { slope, scale }
  return lazyGradient(
    Object.fromEntries([['x', x], ...named('filter', filters), ...named('bias', biases)]) as Record<string, Tensor>,
    (save) => {
      const inputs = Object.fromEntries([['x', x], ...named('filter', filters), ...named('bias', biases)])
      const [y, buffer] = runOwnKernel('residualDenseBlock', inputs, attrs, () => [portable()])
      save([buffer!, ...filters])
      return y!
    },
    (dy, [buffer, ...saved]) => {
      const inputs = Object.fromEntries([['dy', dy], ['buffer', buffer!], ...named('filter', saved)])
      const [dx, ...rest] = runOwnKernel('residualDenseBlockGrad', inputs, attrs, () => [])
      const gradients: [string, () => Tensor][] = [
        ['x', () => dx!],
        ...saved.map((_, k): [string, () => Tensor] => [`filter${k}`, () => rest[k]!]),
        ...saved.map((_, k): [string, () => Tensor] => [`bias${k}`, () => rest[saved.length + k]!]),
      ]
      return Object.fromEntries(gradients)
    },
  ) as Tensor4D
}
