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
  /** Area under the precision-recall curve by steps; null where only one class is present. */
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
