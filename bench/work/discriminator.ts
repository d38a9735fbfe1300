import { dispose, randomUniform, tensor1d, type Tensor, type Rank, type Tensor4D } from '@tensorflow/tfjs-core'
import { createDiscriminator } from '../../src/esrgan/index.js'
import { relativisticLoss } from '../../src/losses/index.js'
import { areFinite, createAdam, lossGradients } from '../../src/training/index.js'
import type { DiscriminatorSpec } from '../rows.js'
import type { Work } from './work.js'

const learningRate = 1e-4

/** The discriminator's half of the trainer's `ganStep`: real and generated images in training mode, its loss, Adam. */
export function discriminatorWork({ size, features, batch }: DiscriminatorSpec): Work {
  const discriminator = createDiscriminator({ patchSize: size, features })
  const adam = createAdam(discriminator.trainable, { beta1: 0.9, beta2: 0.99 })
  const hr = randomUniform<Rank.R4>([batch, size, size, 3], 0, 1, 'float32', 1)
  const sr = randomUniform<Rank.R4>([batch, size, size, 3], 0, 1, 'float32', 2)
  const judge = (images: Tensor4D): Tensor => discriminator.apply(images, { training: true })
  const step = async (): Promise<number> => {
    const { value, gradients } = lossGradients(discriminator.trainable, () =>
      relativisticLoss.discriminator(judge(hr), judge(sr)),
    )
    try {
      const total = (await value.data())[0]!
      if (!(await areFinite({ total }, [gradients]))) throw new Error('the discriminator step is not finite')
      adam.apply(gradients, learningRate)
      return total
    } finally {
      dispose([value, ...gradients.values()])
    }
  }
  return {
    parameters: discriminator.parameterCount,
    given: new Map<string, Tensor>([['hr', hr], ['sr', sr], ...discriminator.variables]),
    result: async () => tensor1d([await step(), await step()]),
    run: async () => {
      await step()
      return undefined
    },
    dispose() {
      dispose([hr, sr])
      adam.dispose()
      discriminator.dispose()
    },
  }
}
