import {
  add,
  customGrad,
  div,
  mean,
  mul,
  rsqrt,
  square,
  sub,
  sum,
  tidy,
  type Tensor,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core'

/** PyTorch's default, added to the variance. */
export const batchNormEpsilon = 1e-5

/** PyTorch's default share of the new statistics: `running = 0.9 * running + 0.1 * batch`. */
const newShare = 0.1

/** The variables of a batch normalisation, each `[channels]`. */
export interface BatchNormVariables {
  readonly weight: Variable
  readonly bias: Variable
  readonly runningMean: Variable
  readonly runningVariance: Variable
}

const imageAxes = [0, 1, 2]

/**
 * `weight * (x - mean) / sqrt(variance + 1e-5) + bias` with statistics of the batch (biased variance), which are then
 * mixed into the running ones (unbiased variance), as PyTorch's `BatchNorm2d` in training. Closed-form gradient: with
 * n = (x - mean) * r, `dx = weight * r * (dy - mean(dy) - n * mean(dy * n))`.
 */
function normaliseByBatch(x: Tensor4D, { weight, bias, runningMean, runningVariance }: BatchNormVariables): Tensor4D {
  const count = x.size / x.shape[3]
  const op = customGrad((...all) => {
    const [input, scale, shift] = all as [Tensor, Tensor, Tensor]
    const save = all[3] as unknown as (tensors: Tensor[]) => void
    const average = mean(input, imageAxes)
    const centred = sub(input, average)
    const variance = mean(square(centred), imageAxes)
    const inverse = rsqrt(add(variance, batchNormEpsilon))
    const normalised = mul(centred, inverse)
    runningMean.assign(add(mul(runningMean, 1 - newShare), mul(average, newShare)))
    const unbiased = mul(variance, (newShare * count) / Math.max(1, count - 1))
    runningVariance.assign(add(mul(runningVariance, 1 - newShare), unbiased))
    save([normalised, inverse, scale])
    return {
      value: add(mul(normalised, scale), shift),
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        tidy(() => {
          const [unit, root, gain] = saved as [Tensor, Tensor, Tensor]
          const biasGradient = sum(dy, imageAxes)
          const weightGradient = sum(mul(dy, unit), imageAxes)
          const inner = sub(sub(dy, div(biasGradient, count)), mul(unit, div(weightGradient, count)))
          return [mul(inner, mul(gain, root)), weightGradient, biasGradient]
        }),
    }
  })
  return op(x, weight, bias) as Tensor4D
}

/**
 * Batch normalisation over `[batch, height, width]`. In training it uses and updates statistics, a side effect on the
 * running variables; otherwise it uses the running ones and changes nothing.
 */
export function batchNorm(x: Tensor4D, variables: BatchNormVariables, training: boolean): Tensor4D {
  return tidy(() => {
    if (training) return normaliseByBatch(x, variables)
    const { weight, bias, runningMean, runningVariance } = variables
    const scale = mul(weight, rsqrt(add(runningVariance, batchNormEpsilon)))
    return add(mul(sub(x, runningMean), scale), bias)
  })
}
