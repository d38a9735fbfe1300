import { ArgumentError } from '../errors.js'
import { evaluateSiamese } from './evaluate.js'
import type { SiameseNetwork } from './network.js'
import type { SiameseValidation, TrainSiameseOptions } from './trainOptions.js'

/** Every metric of the validation images. */
export async function validate(
  network: SiameseNetwork,
  { images, labels }: NonNullable<TrainSiameseOptions['validation']>,
  metrics: NonNullable<TrainSiameseOptions['metrics']>,
  rest: { batchSize: number; signal?: AbortSignal },
): Promise<SiameseValidation> {
  const { loss, imageAccuracy, auc, probabilities } = await evaluateSiamese(network, { images, labels, ...rest })
  const own = Object.entries(metrics).map(([name, metric]) => {
    const value: unknown = metric(labels, probabilities)
    if (typeof value !== 'number')
      throw new ArgumentError(`the result of options.metrics.${name}`, 'be a number', value)
    return [name, value] as const
  })
  return { loss, accuracy: imageAccuracy, auc, ...Object.fromEntries(own) }
}
