import { ArgumentError, requireInteger } from '../errors.js'
import { magnifications, type Magnification } from '../data/index.js'
import type { PipelineReport } from './reportTypes.js'

/** A rounded percentage that some count of right answers gives. */
export interface AttainableCount {
  /** Right answers. */
  readonly right: number
  /** Answers in all. */
  readonly n: number
}

/**
 * The count k of n for which 100 k / n, rounded half up to `decimals` decimals, is the quoted percentage; undefined where
 * there is none. An accuracy that is no k / n was not measured on n images, or not quoted right. Where several counts round
 * to it, the nearest is given.
 *
 * @throws ArgumentError for a percentage outside [0, 100], n < 1, or decimals outside 0 to 10.
 */
export function attainableCount(percent: number, n: number, decimals = 2): AttainableCount | undefined {
  if (!(percent >= 0 && percent <= 100)) throw new ArgumentError('percent', 'be a number in [0, 100]', percent)
  requireInteger('n', n, 1)
  requireInteger('decimals', decimals, 0)
  if (decimals > 10) throw new ArgumentError('decimals', 'be at most 10', decimals)
  const unit = 10 ** decimals
  const quoted = Math.round(percent * unit)
  const nearest = Math.round((percent / 100) * n)
  // Half up by whole numbers: floor(100 k unit / n + 1/2), so that no binary fraction decides a tie.
  const rounded = (k: number): number => Math.floor((200 * k * unit + n) / (2 * n))
  const candidates = [nearest, nearest - 1, nearest + 1].filter((k) => k >= 0 && k <= n)
  const right = candidates.find((k) => rounded(k) === quoted)
  return right === undefined ? undefined : { right, n }
}

/** Whether one quoted accuracy of the paper can be a share of a 20 % test set. */
export interface Attainability {
  /** What is quoted, for example `40x`. */
  readonly name: string
  /** The quoted accuracy in percent. */
  readonly percent: number
  /** The sizes that 20 % of the images can be: rounded down and up. */
  readonly testSizes: readonly number[]
  /** The counts that give the quoted accuracy; empty where none does. */
  readonly counts: readonly AttainableCount[]
}

/** The sizes that a fifth of n images can be. */
const fifth = (n: number): number[] => [...new Set([Math.floor(n / 5), Math.ceil(n / 5)])]

/** The paper's own accuracies (Table II's last row, and the headline) against 20 % test sets of its own Table I. */
export function paperAttainability({ published, tableI }: PipelineReport): Attainability[] {
  const images = (magnification: Magnification): number =>
    tableI.published.benign[magnification] + tableI.published.malignant[magnification]
  const check = (name: string, percent: number, testSizes: readonly number[]): Attainability => ({
    name,
    percent,
    testSizes,
    counts: testSizes.flatMap((n) => attainableCount(percent, n) ?? []),
  })
  const own = published.tableII.at(-1)!
  const all = magnifications.reduce((sum, magnification) => sum + images(magnification), 0)
  return [
    ...magnifications.map((magnification) =>
      check(`${magnification}x`, own.accuracy[magnification].accuracy, fifth(images(magnification))),
    ),
    check('headline, all images', published.accuracy * 100, fifth(all)),
  ]
}
