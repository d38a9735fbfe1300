import type { DataAudit, DataTime, ImageRecord, MagnificationCounts } from '../data/index.js'
import type { RollBack } from '../esrgan/index.js'
import type { PipelinePictures } from './pictureTypes.js'
import type { PublishedResults } from './publishedTypes.js'
import type { ArmComparison, EpochHistory, HeadResult, Prediction, RunResult, Side } from './resultTypes.js'

export type * from './pictureTypes.js'
export type * from './publishedTypes.js'
export type * from './resultTypes.js'

/** Losses of one ESRGAN step. */
export interface StepHistory {
  /** `psnr` or `gan`. */
  readonly stage: 'psnr' | 'gan'
  /** Counted from 1 within the stage. */
  readonly step: number
  /** Losses by term name; `total` is the weighted sum. */
  readonly values: Readonly<Record<string, number>>
}

/** Everything that a run found, as `report.json` holds it. */
export interface PipelineReport {
  /** Grows when a field changes its meaning. */
  readonly schemaVersion: 3
  /** How the results came about. */
  readonly protocol: {
    /** How the data of the default run were divided: `image`, `patient`, `accession` or `official:1` to `official:5`. */
    readonly split: string
    /** The seed of everything random. */
    readonly seed: number
    /** `paper` or `quick`. */
    readonly preset: string
    /** The tfjs backend. */
    readonly backend: string
    /** `breakhis` for real images, `synthetic` for drawn ones, `custom` for the caller's own. */
    readonly source: string
    /** The source in words. */
    readonly sourceDescription: string
    /** Images used. */
    readonly images: number
    /** Patients used. */
    readonly patients: number
    /** The training side. */
    readonly train: {
      /** Originals. */
      readonly images: number
      /** Augmented copies beside them. */
      readonly augmented: number
      /** Patients. */
      readonly patients: number
    }
    /** What was taken out of the training side to choose by; null where nothing was. */
    readonly validation: Side | null
    /** The images that the curves per epoch were measured on; those of the test side chose nothing. */
    readonly curves: 'validation' | 'test'
    /** The test side. */
    readonly test: Side
    /** Side of the square low-resolution input in pixels (the paper: 224). */
    readonly inputSize: number
    /** The networks in words, with parameter counts. */
    readonly networks: {
      /** The RRDB generator. */
      readonly generator: string
      /** Its adversary. */
      readonly discriminator: string
      /** The Siamese network with its head. */
      readonly siamese: string
    }
    /** Which features the perceptual loss used. */
    readonly perceptual: string
    /** Steps, rates and batch sizes, as printed. */
    readonly settings: Readonly<Record<string, string | number | boolean>>
    /** The limit of `maxSteps`, or null. A limited run is a rehearsal, not a result. */
    readonly maxSteps: number | null
    /** Images left out because they could not be read, with the reason. */
    readonly skipped: readonly string[]
  }
  /** Images of the source by class and magnification, beside the paper's Table I. */
  readonly tableI: {
    /** This run's images. */
    readonly measured: Readonly<Record<'benign' | 'malignant', MagnificationCounts>>
    /** Slides by class, which the paper calls patients. */
    readonly slides: Readonly<Record<'benign' | 'malignant', number>>
    /** The paper's Table I. */
    readonly published: Readonly<Record<'benign' | 'malignant', MagnificationCounts>>
  }
  /** The audit of the images used: names and pictures on both sides, names that collide, pictures that are there twice. */
  readonly leakage: Pick<DataAudit, 'unknown' | 'collisions' | 'duplicates' | 'pictures' | 'leaks'> &
    Pick<NonNullable<DataAudit['split']>, 'onBothSides' | 'leakedTestImages' | 'testImagesInLeaks'>
  /** Every trained network: each split with each arm. The first is the default run. */
  readonly runs: readonly RunResult[]
  /** Paired tests between the arms of each split; empty with one arm. */
  readonly comparisons: readonly ArmComparison[]
  /** The default run's results by its sigmoid head. */
  readonly results: HeadResult
  /** Labels, scores and groups of the test images of the default run. */
  readonly predictions: readonly Prediction[]
  /** The default run's test embeddings in the plane of their two first principal components; null where there is none. */
  readonly embedding: {
    /** Share of the variance along each. */
    readonly explained: readonly [number, number]
    /** One for each test image. */
    readonly points: readonly {
      /** The image. */
      readonly id: string
      /** Whose image it is. */
      readonly patient: string
      /** The true class. */
      readonly label: ImageRecord['label']
      /** Along the first component. */
      readonly x: number
      /** Along the second. */
      readonly y: number
    }[]
  } | null
  /** ROC curve of the default run; null where only one class is present. */
  readonly roc: {
    /** False positive rates, rising from 0 to 1. */
    readonly fpr: readonly number[]
    /** True positive rates, rising from 0 to 1. */
    readonly tpr: readonly number[]
  } | null
  /** Super-resolution x4 of held-out images, beside bicubic. */
  readonly superResolution: {
    /** Mean PSNR of the generator (after the GAN stage) in dB; infinite where an image comes out exactly. */
    readonly psnr: number
    /** Mean SSIM of the generator. */
    readonly ssim: number
    /** Mean PSNR of bicubic in dB. */
    readonly bicubicPsnr: number
    /** Mean SSIM of bicubic. */
    readonly bicubicSsim: number
    /** The channel that was measured. */
    readonly channel: 'y'
    /** Pixels cropped at each border. */
    readonly crop: number
    /** How many held-out images. */
    readonly n: number
  }
  /** Training curves. */
  readonly history: {
    /** Every step of both ESRGAN stages, of the default run's split. */
    readonly esrgan: readonly StepHistory[]
    /** Where that training diverged and went back to earlier weights, in order. */
    readonly rollBacks: readonly RollBack[]
    /** Every epoch of the default run's Siamese network. */
    readonly siamese: readonly EpochHistory[]
  }
  /** The paper's results and its Table II, to stand beside ours. */
  readonly published: PublishedResults
  /** What made it. */
  readonly versions: {
    /** Of this package. */
    readonly package: string
    /** Of TensorFlow.js. */
    readonly tfjs: string
  }
  /** File names of the figures, filled in by whoever writes them. */
  readonly figures: readonly string[]
  /** Seconds by stage. */
  readonly seconds: Readonly<Record<string, number>>
  /** What data cost in `psnr`, `gan`, `super-resolve`, `prepare` (inputs without a generator) and `siamese`, over all runs, as far as this run went through them. */
  readonly dataTime: Readonly<Record<string, StageTime>>
}

/** How long a stage took, and what of it data cost: reading, decoding, cutting, shrinking, augmenting, making tensors of pixels. */
export interface StageTime extends DataTime {
  /** Seconds of the whole stage. */
  readonly seconds: number
  /** `(waited + worked) / seconds`. */
  readonly share: number
}

/** What `trainPipeline` returns. It holds no tensors. */
export interface PipelineResult {
  /** Everything measured. */
  readonly report: PipelineReport
  /** Pictures for figures. */
  readonly pictures: PipelinePictures
  /** The trained networks as safetensors files. */
  readonly models: {
    /** `loadGenerator` reads it; of the PSNR stage where the default run's arm is `psnr`, else of ESRGAN. */
    readonly generator: Uint8Array
    /** `loadSiamese` reads it. */
    readonly siamese: Uint8Array
  }
}
