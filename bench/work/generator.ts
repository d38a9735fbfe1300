import { dispose, randomUniform, tensor1d, type Rank, type Tensor } from '@tensorflow/tfjs-core'
import { createESRGANTrainer, createRRDBGenerator } from '../../src/esrgan/index.js'
import type { GeneratorSpec } from '../rows.js'
import type { Work } from './work.js'

const learningRate = 1e-4

/** The generator's inference, or the trainer's PSNR step: L1, gradients, the check that they are finite, Adam. */
export function generatorWork({ kind, blocks, features, growth, batch, size }: GeneratorSpec): Work {
  const generator = createRRDBGenerator({ blocks, features, growth })
  const lr = randomUniform<Rank.R4>([batch, size, size, 3], 0, 1, 'float32', 1)
  const hr = randomUniform<Rank.R4>([batch, 4 * size, 4 * size, 3], 0, 1, 'float32', 2)
  const given = new Map<string, Tensor>([['lr', lr], ['hr', hr], ...generator.variables])
  const base = { parameters: generator.parameterCount, given }
  const release = (): void => {
    dispose([lr, hr])
    generator.dispose()
  }
  if (kind === 'rrdb-forward') {
    const apply = async (): Promise<Tensor> => generator.apply(lr)
    return { ...base, result: apply, run: apply, dispose: release }
  }
  const trainer = createESRGANTrainer({ generator, adam: { beta1: 0.9, beta2: 0.99 } })
  const step = async (): Promise<number> => (await trainer.psnrStep({ lr, hr }, learningRate))['total']!
  return {
    ...base,
    result: async () => tensor1d([await step(), await step()]),
    run: async () => {
      await step()
      return undefined
    },
    dispose() {
      trainer.dispose()
      release()
    },
  }
}
