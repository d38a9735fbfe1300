import { WeightsError, requireRange } from '../errors.js'
import { weightDifferences, type NamedTensor, type NamedTensors } from '../training/index.js'

/**
 * Network interpolation (ESRGAN, Wang et al. 2018, section 3.4): `(1 - alpha) * psnr + alpha * gan` for every weight.
 * Between the faithful and the sharp generator without training anew.
 *
 * @param alpha in [0, 1]; the paper finds 0.8 a good balance
 * @throws WeightsError listing every tensor that only one side has, or in another shape
 */
export function interpolateWeights(psnr: NamedTensors, gan: NamedTensors, alpha: number): Map<string, NamedTensor> {
  requireRange('alpha', alpha, 0, 1)
  const differences = weightDifferences(psnr, gan)
  if (differences.length > 0) throw new WeightsError('interpolation', 'the two networks differ', differences)
  return new Map(
    [...psnr].map(([name, { shape, data }]) => {
      const other = gan.get(name)!.data
      return [name, { shape, data: data.map((value, i) => (1 - alpha) * value + alpha * other[i]!) }]
    }),
  )
}
