import { plain, stack, table } from '../markdown.js'
import type { Evaluation, PipelineReport } from '../reportTypes.js'
import { figure } from './figure.js'
import { fixed, percent } from './numbers.js'

const scoreRow = (name: string, { brier, calibrationError, loss, n, positives }: Evaluation): string[] => [
  name,
  fixed(brier, 4),
  fixed((positives / n) * (1 - positives / n), 4),
  fixed(calibrationError?.value, 4),
  Object.entries(loss)
    .map(([term, value]) => `${plain(term)} ${value.toFixed(4)}`)
    .join(', '),
]

/** Whether a probability of 0.8 is right 8 times of 10; nothing where no head gives probabilities. */
export function calibrationSection(report: PipelineReport): string | undefined {
  const { sigmoid, support } = report.runs[0]!.heads
  const heads = Object.entries({ sigmoid, support }).filter(([, { overall }]) => overall.brier !== null)
  if (heads.length === 0) return undefined
  const bins = sigmoid.overall.reliability
    .filter(({ n }) => n > 0)
    .map(({ low, high, n, meanProbability, positiveShare }) => [
      `${low.toFixed(2)} to ${high.toFixed(2)}`,
      String(n),
      fixed(meanProbability, 3),
      `${percent(positiveShare)} %`,
    ])
  const error = sigmoid.overall.calibrationError ?? support.overall.calibrationError
  return stack([
    '## Calibration',
    table(
      ['head', 'Brier score', 'of the share of malignant images alone', 'calibration error', 'loss'],
      heads.map(([name, { overall }]) => scoreRow(name, overall)),
    ),
    `The Brier score is the mean squared error of the probability; a forecast that knows only how many of the test images are malignant has the one in the third column, and a worse one says that the probabilities are no use as such. ${error === null ? '' : `Calibration error: ${error.bins} ${error.strategy === 'uniform' ? 'bins of equal width' : 'bins of equally many images'} (Naeini et al. 2015). It is biased upwards where bins hold few images.`}`,
    figure(report, 'calibration'),
    bins.length === 0 ? undefined : table(['`sigmoid`: probability', 'images', 'mean probability', 'malignant'], bins),
  ])
}
