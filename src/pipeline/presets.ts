import type { FillMode } from '../backend/index.js'
import type { AugmentationRanges, AugmentOptions, Degradation, DrawRange } from '../data/index.js'
import type { PairStrategy } from '../siamese/index.js'
import type { LearningRate } from '../training/index.js'
import { multiStepRate } from '../training/index.js'

/** How the ESRGAN half is built and trained. */
export interface ESRGANSettings {
  /** Number of RRDBs. */
  readonly blocks: number
  /** Feature channels of the trunk. */
  readonly features: number
  /** Growth channels of a dense block. */
  readonly growth: number
  /** Whether the generator adds its output to the bicubic enlargement of its input. The paper's does not. */
  readonly bicubicSkip: boolean
  /** Whether RRDBs are recomputed in the backward pass instead of kept. */
  readonly checkpoint: boolean
  /** Feature channels of the discriminator's first stage. */
  readonly discriminatorFeatures: number
  /** Side of the high-resolution patches of the PSNR stage, in pixels. */
  readonly psnrPatch: number
  /** Side of the high-resolution patches of the GAN stage, in pixels: the discriminator's input, a power of two from 32. */
  readonly ganPatch: number
  /** Patches per update. */
  readonly batchSize: number
  /** Patches that go through the generator at once; the gradients equal those of the whole batch. */
  readonly microBatch: number
  /** Updates of the PSNR stage. */
  readonly psnrSteps: number
  /** Updates of the GAN stage. */
  readonly ganSteps: number
  /** Learning rate of the PSNR stage. */
  readonly psnrRate: LearningRate
  /** Learning rate of the GAN stage, for both networks. */
  readonly ganRate: LearningRate
  /** What the low-resolution patches suffer beside the loss of pixels: blur, noise, JPEG; see `degrade`. */
  readonly degradation: Degradation
  /** Measure PSNR and SSIM on the middle of a few held-out images every so many updates: for the curve, it decides nothing. */
  readonly validateEvery: number
  /** Save the training state every so many updates. */
  readonly saveEvery: number
  /** Held-out images on which PSNR and SSIM are measured. */
  readonly evaluationImages: number
}

/** How the Siamese half is built and trained. */
export interface SiameseSettings {
  /** Channels of the encoder's stride-2 stages; undefined = sized for the input. */
  readonly widths: readonly number[] | undefined
  /** Length of the embedding. */
  readonly embeddingSize: number
  /** Dropout rate in training. */
  readonly dropout: number
  /** Which pairs the loss is taken on: of every image one of each kind (the presets'), or those of a batch, all or mined. */
  readonly pairs: PairStrategy
  /** Whether the two images of a pair may, must not or must be of one patient. */
  readonly samePatient: 'allow' | 'forbid' | 'require'
  /** Epochs. */
  readonly epochs: number
  /** Pairs per update; where images are paired within batches, images of each class. */
  readonly batchSize: number
  /** Pairs that go through the encoder at once; the gradients equal those of the whole batch. */
  readonly microBatch: number
  /** Adam's learning rate. */
  readonly learningRate: number
  /** Margin of the contrastive loss. */
  readonly margin: number
  /** Weight of the contrastive loss beside the head's cross-entropy. */
  readonly lambda: number
  /** The epoch whose weights are used: the last one, or the one with the least head loss on validation, which `best` needs. */
  readonly keep: 'last' | 'best'
  /** Stop after so many epochs without a smaller head loss on validation, which it needs; undefined = never. */
  readonly patience: number | undefined
}

/** How training images are augmented until the classes balance: Keras' ranges, none but those of the presets by default. */
export interface AugmentationSettings extends AugmentationRanges, Pick<AugmentOptions, 'centre' | 'fillValue'> {
  /** `random`: Keras' ranges. `sequential`: copy k is turned by k * rotation degrees, the paper's words taken literally. */
  readonly method: 'random' | 'sequential'
  /** Rotation range in degrees: theta ~ U(-rotation, rotation). */
  readonly rotation: number
  /** Zoom range: zx, zy ~ U(1 - zoom, 1 + zoom), or ~ U(low, high). */
  readonly zoom: number | DrawRange
  /** How many images the rarer class has for each of the other at the end, in (0, 1]. */
  readonly ratio: number
  /** What lies outside an image; see `augment`. */
  readonly fillMode: FillMode
}

/** Everything that a preset fixes. */
export interface PipelineSettings {
  /** Share of images (or patients) in the test set. */
  readonly testFraction: number
  /** Share of the training side that is not learned from but chosen by: threshold, weights, and for the curves. 0 = none. */
  readonly validationFraction: number
  /** Side of the square low-resolution input, in pixels. */
  readonly inputSize: number
  /** How images are resized to it; the paper does not say. `bilinear` is antialiased, `nearest` is Keras' default. */
  readonly resize: 'bilinear' | 'nearest'
  /** Balancing augmentation. */
  readonly augmentation: AugmentationSettings
  /** The ESRGAN half. */
  readonly esrgan: ESRGANSettings
  /** The Siamese half. */
  readonly siamese: SiameseSettings
}

/** The names of the presets. */
export type PresetName = 'paper' | 'quick'

/**
 * `paper`: every figure of the paper (80/20, 224 pixels, x4, rotation 10, zoom 0.1, 50 % dropout, Adam 1e-4, 10 epochs,
 * batch 32), ESRGAN's own where it is silent (23 RRDBs, patches of 192 and 128, batch 16, its rates and steps), and no validation
 * side, since the paper names none.
 * `quick`: the same path with a small generator on a bicubic skip connection, small images and few steps; it shows that
 * everything works in minutes on two cores, and its results are those of a small experiment.
 */
export const presets: Readonly<Record<PresetName, PipelineSettings>> = {
  paper: {
    testFraction: 0.2,
    validationFraction: 0,
    inputSize: 224,
    resize: 'bilinear',
    augmentation: { method: 'random', rotation: 10, zoom: 0.1, ratio: 1, fillMode: 'reflect' },
    esrgan: {
      blocks: 23,
      features: 64,
      growth: 32,
      bicubicSkip: false,
      checkpoint: false,
      discriminatorFeatures: 64,
      psnrPatch: 192,
      ganPatch: 128,
      batchSize: 16,
      microBatch: 2,
      psnrSteps: 1_000_000,
      ganSteps: 400_000,
      psnrRate: multiStepRate(2e-4, [200_000, 400_000, 600_000, 800_000]),
      ganRate: multiStepRate(1e-4, [50_000, 100_000, 200_000, 300_000]),
      degradation: {},
      validateEvery: 5000,
      saveEvery: 1000,
      evaluationImages: 40,
    },
    siamese: {
      widths: undefined,
      embeddingSize: 128,
      dropout: 0.5,
      pairs: 'balanced',
      samePatient: 'allow',
      epochs: 10,
      batchSize: 32,
      microBatch: 4,
      learningRate: 1e-4,
      margin: 1,
      lambda: 1,
      keep: 'last',
      patience: undefined,
    },
  },
  quick: {
    testFraction: 0.25,
    validationFraction: 0.2,
    inputSize: 64,
    resize: 'bilinear',
    augmentation: { method: 'random', rotation: 10, zoom: 0.1, ratio: 1, fillMode: 'reflect' },
    esrgan: {
      blocks: 2,
      features: 16,
      growth: 8,
      bicubicSkip: true,
      checkpoint: false,
      discriminatorFeatures: 16,
      psnrPatch: 64,
      ganPatch: 32,
      batchSize: 8,
      microBatch: 8,
      psnrSteps: 150,
      ganSteps: 40,
      psnrRate: 1e-3,
      ganRate: 1e-4,
      degradation: {},
      validateEvery: 25,
      saveEvery: 50,
      evaluationImages: 8,
    },
    siamese: {
      widths: [8, 16, 32, 64, 64],
      embeddingSize: 64,
      dropout: 0.5,
      pairs: 'balanced',
      samePatient: 'allow',
      epochs: 6,
      batchSize: 16,
      microBatch: 16,
      learningRate: 2e-3,
      margin: 1,
      lambda: 0.5,
      keep: 'last',
      patience: undefined,
    },
  },
}
