// In a user's strict TypeScript project: the types of the parts fit together, and a user's own parts fit in.
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core'
import { createRRDBGenerator, type Generator, type GeneratorContext } from 'esrgan-scnn/esrgan'
import { l1Loss, type FeatureExtractor, type LossTerm } from 'esrgan-scnn/losses'
import { rocCurve, type RocCurve } from 'esrgan-scnn/metrics'
import type { ImageSource } from 'esrgan-scnn/data'
import { ArgumentError, trainPipeline } from 'esrgan-scnn'

export const generator = (): Generator => createRRDBGenerator({ blocks: 2, features: 16, growth: 8, seed: 1 })

export const own: LossTerm<GeneratorContext> = {
  name: 'own',
  weight: 0.5,
  fn: ({ sr, hr }): Scalar => l1Loss(sr, hr),
}

export const features: FeatureExtractor = {
  name: 'identity',
  description: 'the pixels themselves',
  apply: (images: Tensor4D): Tensor4D => images,
  dispose: () => {},
}

export const curve = (): RocCurve => rocCurve([0, 1], [0.1, 0.9])

export async function run(data: ImageSource): Promise<void> {
  try {
    await trainPipeline({ data, preset: 'quick', losses: { generator: [own] }, features, maxSteps: 1 })
  } catch (error) {
    if (error instanceof ArgumentError) throw new Error(`${error.argument} is wrong`, { cause: error })
    throw error
  }
}

// @ts-expect-error: sizes are numbers
createRRDBGenerator({ blocks: '2' })
