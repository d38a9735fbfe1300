/** Accuracy in % at one magnification, with its reported deviation where one is given. */
export interface PublishedAccuracy {
  /** Percent. */
  readonly accuracy: number
  /** Reported standard deviation in points. */
  readonly deviation?: number
}

/** One row of the paper's Table II. */
export interface PublishedRow {
  /** Authors and year. */
  readonly work: string
  /** By magnification. */
  readonly accuracy: Readonly<Record<'40' | '100' | '200' | '400', PublishedAccuracy>>
  /** How that work counted: `image`, `patient`, or a `?` where it is not certain. */
  readonly level: string
}

/** What the paper reports. */
export interface PublishedResults {
  /** Loss of the headline. */
  readonly loss: number
  /** Accuracy of the headline. */
  readonly accuracy: number
  /** AUC of the headline. */
  readonly auc: number
  /** Table II. */
  readonly tableII: readonly PublishedRow[]
}
