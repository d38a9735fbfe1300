import { armWords } from '../pipeline/armWords.js'
import type { Interval, PipelineReport } from '../pipeline/reportTypes.js'

/** An interval for a legend: ` [0.812, 0.934]`, or nothing. */
export const bracket = (interval: Interval | null, digits = 3): string =>
  interval === null ? '' : ` [${interval.low.toFixed(digits)}, ${interval.high.toFixed(digits)}]`

/** How an interval came about, without its details: `95 %, DeLong`. */
export const methodWords = ({ level, method }: Interval): string =>
  `${Math.round(level * 100)} %, ${method.split(',')[0]}`

/** The default run's test images, and its input where that is not ESRGAN's. */
export function testLine({ runs, results }: PipelineReport): string {
  const { n, positives, patients } = results.overall
  const arm = runs[0]?.arm ?? 'esrgan'
  return `test side: ${n} images (${positives} malignant) of ${patients} patients; input: ${armWords[arm]}`
}
