import type { ImageRecord, SplitName } from '../data/index.js'
import type { HeadResult, Interval } from './evaluationTypes.js'

export type * from './evaluationTypes.js'

/**
 * What makes the Siamese network's input. `none`: the low-resolution image as it is; `bicubic`: enlarged x4 by MATLAB's
 * bicubic; `psnr`: by the generator as its PSNR stage leaves it; `esrgan`: by the generator after the GAN stage.
 */
export type Arm = 'none' | 'bicubic' | 'psnr' | 'esrgan'

/** Results by the embeddings' distances to those of training images. */
export interface SupportResult extends HeadResult {
  /** How distances become a score, in words. */
  readonly method: string
  /** How many training embeddings. */
  readonly references: number
}

/** Pair verification, same class or not: its accuracy is an accuracy of pairs, not of images. */
export interface PairEvaluation {
  /** Share of right answers about test pairs. */
  readonly pairAccuracy: number
  /** Bootstrap by patient, both images of a pair drawn with theirs; null where it cannot be computed. */
  readonly pairAccuracyInterval: Interval | null
  /** Area under the ROC curve of the negative distances, similar = positive. */
  readonly auc: number | null
  /** Number of pairs. */
  readonly n: number
  /** How many of them are of one class. */
  readonly similar: number
  /** Pairs at most this distance apart count as similar; without meaning where `scale` is 0. */
  readonly threshold: number
  /** How fast the probability of one class falls with the distance; 0 where nearer pairs were no likelier: then all count as similar. */
  readonly scale: number
  /** The images whose pairs it was fitted on. */
  readonly chosenOn: 'validation' | 'training'
  /** How many of the test pairs are of one patient. */
  readonly samePatientPairs: number
}

/** What the heads said of one test image. */
export interface Prediction {
  /** The image. */
  readonly id: string
  /** Whose image it is. */
  readonly patient: string
  /** The microscope's magnification; null where unknown. */
  readonly magnification: number | null
  /** The true class. */
  readonly label: ImageRecord['label']
  /** Probability of malignant by the sigmoid head. */
  readonly score: number
  /** Score of malignant by the support set, in [0, 1]. */
  readonly support: number
}

/** One epoch of Siamese training. */
export interface EpochHistory {
  /** Counted from 1. */
  readonly epoch: number
  /** Mean total loss over the epoch's batches. */
  readonly loss: number
  /** Share of the epoch's training images that the head called right. */
  readonly accuracy: number
  /** Head loss on the held-out images of `protocol.curves`. */
  readonly heldOutLoss: number
  /** Head accuracy on them. */
  readonly heldOutAccuracy: number
  /** Head AUC on them; null where they are of one class. */
  readonly heldOutAuc: number | null
}

/** One side of a split, none of its images augmented. */
export interface Side {
  /** Images. */
  readonly images: number
  /** Patients. */
  readonly patients: number
}

/** One trained and evaluated network: a way to divide the data, and a way to make its input. */
export interface RunResult {
  /** How the data were divided. */
  readonly split: SplitName
  /** What made the Siamese network's input. */
  readonly arm: Arm
  /** The images that were learned from. */
  readonly train: {
    /** Originals. */
    readonly images: number
    /** Augmented copies beside them. */
    readonly augmented: number
    /** Patients. */
    readonly patients: number
  }
  /** The images that weights and threshold were chosen by, taken out of the training side; null where there are none. */
  readonly validation: Side | null
  /** The images of the results. */
  readonly test: Side
  /** Test images of a patient that is learned from, or is chosen by, as well. */
  readonly leakedTestImages: number
  /** What each head says. */
  readonly heads: {
    /** Per-image probability from the embedding: the default head. */
    readonly sigmoid: HeadResult
    /** Distances to training embeddings. */
    readonly support: SupportResult
    /** Two images, same class or not; null where no pairs can be drawn. */
    readonly pair: PairEvaluation | null
  }
  /** Every epoch of its Siamese network. */
  readonly history: readonly EpochHistory[]
  /** The epoch whose weights were kept, counted from 1. */
  readonly keptEpoch: number
  /** The answers for every test image. */
  readonly predictions: readonly Prediction[]
}

/** Two arms of one split on the same test images, by the sigmoid head. Differences are a minus b. */
export interface ArmComparison {
  /** How the data were divided. */
  readonly split: SplitName
  /** The first arm. */
  readonly a: Arm
  /** The second arm. */
  readonly b: Arm
  /** The head that was compared. */
  readonly head: 'sigmoid'
  /** At threshold 0.5. */
  readonly accuracy: {
    /** In [-1, 1]. */
    readonly difference: number
    /** Bootstrap by patient; null where it cannot be computed. */
    readonly interval: Interval | null
    /** McNemar's exact test. */
    readonly mcNemar: {
      /** Images that only the first called right. */
      readonly onlyA: number
      /** Images that only the second called right. */
      readonly onlyB: number
      /** Two-sided. */
      readonly p: number
    }
  }
  /** Null where the test images are of one class. */
  readonly auc: {
    /** In [-1, 1]. */
    readonly difference: number
    /** Bootstrap by patient; null where it cannot be computed. */
    readonly interval: Interval | null
    /** DeLong's paired test; null with fewer than two images of a class, or where its variance is 0. */
    readonly delong: {
      /** The difference by its standard error. */
      readonly z: number
      /** Two-sided. */
      readonly p: number
    } | null
  } | null
}
