import { resizeBicubic } from '../data/index.js'
import { loadGenerator, saveGenerator, type Generator } from '../esrgan/index.js'
import type { PixelImage } from '../image.js'
import { fingerprint } from './fingerprint.js'
import { enlarged } from './inputs.js'
import type { PipelineSettings } from './presets.js'
import type { Arm } from './resultTypes.js'
import { scale } from './scale.js'

/** How an arm makes the Siamese network's input of a low-resolution image. */
export interface ArmInput {
  /** Side of the inputs, in pixels. */
  readonly side: number
  /** What the inputs depend on, beside the image and its copy's number: names them in the store. */
  readonly key: string
  /** The stage's name in progress reports and times. */
  readonly stage: 'super-resolve' | 'prepare'
  /** Makes one input. */
  make(lr: PixelImage, signal: AbortSignal | undefined): Promise<PixelImage>
  /** Disposes what this owns. */
  dispose(): void
}

/** The generators that a split has trained. */
export interface TrainedGenerators {
  /** After the GAN stage. Borrowed. */
  readonly esrgan: Generator
  /** After the PSNR stage, as `saveGenerator` writes it. */
  readonly psnr: Uint8Array
}

/** The input of an arm; `psnr` and `esrgan` need the generators. */
export async function armInput(
  arm: Arm,
  { inputSize, resize, augmentation }: PipelineSettings,
  { seed, generators }: { seed: number; generators: TrainedGenerators | undefined },
): Promise<ArmInput> {
  const made = JSON.stringify([inputSize, resize, augmentation, seed])
  if (arm === 'none') {
    return {
      side: inputSize,
      key: `inputs/${await fingerprint(arm, made)}`,
      stage: 'prepare',
      make: async (lr) => lr,
      dispose() {},
    }
  }
  const side = inputSize * scale
  if (arm === 'bicubic') {
    return {
      side,
      key: `inputs/${await fingerprint(arm, made)}`,
      stage: 'prepare',
      make: async (lr) => resizeBicubic(lr, { scale }),
      dispose() {},
    }
  }
  const { esrgan, psnr } = generators!
  const generator = arm === 'psnr' ? loadGenerator(psnr, { source: 'the PSNR stage' }) : esrgan
  return {
    side,
    key: `super-resolved/${await fingerprint(arm === 'psnr' ? psnr : await saveGenerator(esrgan), made)}`,
    stage: 'super-resolve',
    make: (lr, signal) => enlarged(generator, lr, signal),
    dispose: () => (arm === 'psnr' ? generator.dispose() : undefined),
  }
}

/** Whether an arm's inputs come from a trained generator. */
export const needsGenerator = (arm: Arm): boolean => arm === 'psnr' || arm === 'esrgan'
