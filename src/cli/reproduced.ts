import { join } from 'node:path'
import { peakMemoryBytes, type WrittenReport } from '../node/index.js'
import { learnedBy } from '../pipeline/auditWords.js'
import type { PipelineReport, RunResult } from '../pipeline/index.js'
import { spelledNumbers } from '../pipeline/spelledNumbers.js'
import { splitWords } from '../pipeline/splitWords.js'

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** A run's results: each head's accuracy under its own name. */
function runLines({ split, arm, heads, leakedTestImages, validation }: RunResult, isOneOfMany: boolean): string[] {
  const { sigmoid, support, pair } = heads
  const { accuracy, auc, n, patients, decisions } = sigmoid.overall
  const name = isOneOfMany ? `${splitWords(split)}, input ${arm}` : `test (${splitWords(split)})`
  const leaked =
    leakedTestImages === 0 ? '' : `, ${leakedTestImages} of them of patients that were ${learnedBy(validation)}`
  return [
    `${name}: accuracy ${percent(accuracy)}, AUC ${auc?.toFixed(3) ?? 'none (one class)'}, n = ${n} images of ${patients} patients${leaked}`,
    `  patient recognition ${percent(decisions.patientRecognition.rate)}; support set: accuracy ${percent(support.overall.accuracy)}; pair verification: pair accuracy ${pair === null ? 'none' : `${percent(pair.pairAccuracy)} of ${pair.n} pairs`}`,
  ]
}

/** What share of each stage's time data took. */
const dataShares = ({ dataTime }: PipelineReport): string =>
  Object.entries(dataTime)
    .map(([stage, { share }]) => `${stage} ${(share * 100).toFixed(1)} %`)
    .join(', ')

/** What `reproduce` prints of a report that lies in `out`. */
export function resultLines(report: PipelineReport, out: string): string[] {
  const { protocol, runs, superResolution: sr } = report
  return [
    ...runs.flatMap((run) => runLines(run, runs.length > 1)),
    `super-resolution: ESRGAN ${sr.psnr.toFixed(2)} dB / ${sr.ssim.toFixed(4)}, bicubic ${sr.bicubicPsnr.toFixed(2)} dB / ${sr.bicubicSsim.toFixed(4)} (PSNR / SSIM, Y, crop ${sr.crop}, ${sr.n} held-out images)`,
    `perceptual loss: ${protocol.perceptual} features`,
    `data: ${dataShares(report)} of the time`,
    `peak memory: ${(peakMemoryBytes() / 2 ** 20).toFixed(0)} MiB`,
    `report: ${join(out, 'report.html')}, ${join(out, 'report.md')}`,
  ]
}

/** What `reproduce --json` prints: the report's results without every prediction, and the files. */
export function resultJSON(
  { protocol, results, runs, comparisons, superResolution, dataTime }: PipelineReport,
  { notices, out, files }: Pick<WrittenReport, 'notices' | 'files'> & { out: string },
): string {
  const heads = runs.map(({ split, arm, heads: each, leakedTestImages }) => ({
    split,
    arm,
    heads: each,
    leakedTestImages,
  }))
  return JSON.stringify(
    { notices, out, protocol, results, runs: heads, comparisons, superResolution, dataTime, files },
    spelledNumbers,
  )
}
