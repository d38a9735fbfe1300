import type { ImageRecord, SplitName } from '../data/index.js'
import type { Confusion } from '../metrics/index.js'

/** An estimate with its confidence interval. */
export interface Interval {
  /** Lower end. */
  readonly low: number
  /** Upper end. */
  readonly high: number
  /** Confidence level, for example 0.95. */
  readonly level: number
  /** How the interval was computed, for example `DeLong, logit` or `Wilson`. */
  readonly method: string
}

/**
 * What makes the Siamese network's input. `none`: the low-resolution image as it is; `bicubic`: enlarged x4 by MATLAB's
 * bicubic; `psnr`: by the generator as its PSNR stage leaves it; `esrgan`: by the generator after the GAN stage.
 */
export type Arm = 'none' | 'bicubic' | 'psnr' | 'esrgan'

/** A decision threshold and where it comes from. */
export interface LockedThreshold {
  /** An image counts as malignant from this score on. */
  readonly value: number
  /** `fixed`: chosen before any image was seen. `youden`: where TPR - FPR is largest. */
  readonly rule: 'fixed' | 'youden'
  /** The images that it was chosen on; `nothing` for a fixed one. Never the test set. */
  readonly chosenOn: 'nothing' | 'validation' | 'training'
}

/** Mean of the patients' shares of right answers (Spanhol et al. 2016). */
export interface PatientRate {
  /** The mean, in [0, 1]. */
  readonly rate: number
  /** Bootstrap by patient; null where it cannot be computed (one patient). */
  readonly interval: Interval | null
  /** How many patients. */
  readonly patients: number
}

/** Decisions at one threshold. A rate without any case (0/0) is null. */
export interface Decisions {
  /** Where malignant begins. */
  readonly threshold: LockedThreshold
  /** The counts; positive = malignant. */
  readonly confusion: Readonly<Confusion>
  /** (TP + TN) / n. */
  readonly accuracy: number
  /** Wilson, counting images as independent. */
  readonly accuracyInterval: Interval
  /** Bootstrap by patient; null where it cannot be computed (one patient). */
  readonly accuracyByPatient: Interval | null
  /** TP / (TP + FN). */
  readonly tpr: number | null
  /** FP / (FP + TN). */
  readonly fpr: number | null
  /** TP / (TP + FP). */
  readonly precision: number | null
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: number | null
  /** (TPR + TNR) / 2. */
  readonly balancedAccuracy: number | null
  /** Matthews' correlation. */
  readonly mcc: number | null
  /** The patients' mean. */
  readonly patientRecognition: PatientRate
}

/** Test results of one group of images by one head's scores. Rates are in [0, 1]; positive = malignant. */
export interface Evaluation {
  /** At threshold 0.5. */
  readonly decisions: Decisions
  /** At the threshold chosen on validation and locked before the test; null without validation. */
  readonly locked: Decisions | null
  /** The decisions' at threshold 0.5. */
  readonly accuracy: number
  /** Interval of the accuracy, counting images as independent. */
  readonly accuracyInterval: Interval
  /** Area under the ROC curve; null where only one class is present. */
  readonly auc: number | null
  /** Interval of the AUC, counting images as independent; null where it cannot be computed. */
  readonly aucInterval: Interval | null
  /** Bootstrap of the same AUC by patient; null where it cannot be computed. */
  readonly aucByPatient: Interval | null
  /** Area under the precision-recall curve by steps; null without malignant images. */
  readonly averagePrecision: number | null
  /** AUC of the patients' mean scores, its interval DeLong's; null where the patients are of one class. */
  readonly patientAuc: {
    /** The area. */
    readonly auc: number
    /** DeLong, logit; null where it cannot be computed. */
    readonly interval: Interval | null
    /** How many patients. */
    readonly patients: number
    /** How many of them are malignant. */
    readonly malignant: number
  } | null
  /** Mean squared error of the probabilities; null for scores that are none. */
  readonly brier: number | null
  /** Expected calibration error; null for scores that are no probabilities. */
  readonly calibrationError: {
    /** Mean distance of probability and share, weighted by the bins' images. */
    readonly value: number
    /** How many bins of equal width. */
    readonly bins: number
    /** How [0, 1] was divided. */
    readonly strategy: 'uniform'
  } | null
  /** The bins of the calibration error that hold images, rising; empty for scores that are no probabilities. */
  readonly reliability: readonly {
    /** Lower end of the bin. */
    readonly low: number
    /** Upper end of the bin. */
    readonly high: number
    /** Images in it. */
    readonly n: number
    /** Their mean probability of malignant. */
    readonly meanProbability: number
    /** The share of them that is malignant. */
    readonly positiveShare: number
  }[]
  /** Mean loss of the head, by the head's loss name; empty for a head that has none. */
  readonly loss: Readonly<Record<string, number>>
  /** TP / (TP + FN) at threshold 0.5; null without malignant images. */
  readonly tpr: number | null
  /** FP / (FP + TN) at threshold 0.5; null without benign images. */
  readonly fpr: number | null
  /** Number of images. */
  readonly n: number
  /** Number of malignant images. */
  readonly positives: number
  /** Number of patients. */
  readonly patients: number
}

/** One head's results. */
export interface HeadResult {
  /** All test images. */
  readonly overall: Evaluation
  /** Test images by magnification (40, 100, 200, 400), where there are any. */
  readonly byMagnification: Readonly<Record<string, Evaluation>>
}

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
  /** Bootstrap by the patient of a pair's first image; null where it cannot be computed. */
  readonly pairAccuracyInterval: Interval | null
  /** Area under the ROC curve of the negative distances, similar = positive. */
  readonly auc: number | null
  /** Number of pairs. */
  readonly n: number
  /** How many of them are of one class. */
  readonly similar: number
  /** Pairs at most this distance apart count as similar. */
  readonly threshold: number
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
  /** Score of malignant by the support set; null where it was not computed. */
  readonly support: number | null
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
  /** Test images of a patient, slide or accession that is learned from, or is chosen by, as well. */
  readonly leakedTestImages: number
  /** What each head says. */
  readonly heads: {
    /** Per-image probability from the embedding: the default head. */
    readonly sigmoid: HeadResult
    /** Distances to training embeddings; null where it was not computed. */
    readonly support: SupportResult | null
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
    /** DeLong's paired test; null where its variance is 0. */
    readonly delong: {
      /** The difference by its standard error. */
      readonly z: number
      /** Two-sided. */
      readonly p: number
    } | null
  } | null
}
