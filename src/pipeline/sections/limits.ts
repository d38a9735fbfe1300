import { count, list, stack } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'

/** What this run chose by something else than its training side. */
function choices({ protocol, runs }: PipelineReport): string {
  const locked = runs[0]!.heads.sigmoid.overall.locked
  const start = 'One run with one seed: another seed gives other numbers. This run chose nothing by its test set'
  if (protocol.validation === null)
    return `${start}: threshold 0.5, and the test curves per epoch are only shown. It has no validation side either.`
  return `${start}: ${locked === null ? 'the threshold is 0.5' : 'thresholds are 0.5 and one that was chosen on the validation side and locked'}; the curves per epoch are of the validation side.`
}

/** What the results do not show. */
export function limitsSection(report: PipelineReport): string {
  const { protocol, results, runs } = report
  const limits = [
    'This is an experiment with software, not a medical device; nothing here may guide a diagnosis.',
    choices(report),
    ...(protocol.source === 'synthetic' && protocol.preset === 'quick'
      ? [
          'The quick preset’s settings were found on synthetic images, by their test sides too: its result on them shows that the task can be learned, and is no unbiased estimate.',
        ]
      : []),
    `${count(results.overall.n, 'test image')} of ${count(results.overall.patients, 'patient')}: intervals that count images as independent are too narrow, since images of one patient resemble each other; those by patient know nothing of how much another training would change.`,
    ...(runs.length > 1
      ? [
          'Every run here is looked at on the same test sides: the best of several is better by chance, too, and is no estimate of itself.',
        ]
      : []),
    'The networks see the image only; staining, scanner and laboratory are the same on both sides, so that other laboratories may give worse results.',
    'The generator adds detail that was never in the input. It may look like tissue and be none.',
  ]
  const splits = runs.map(({ split }) => split)
  if (splits.includes('image'))
    limits.push('Image-level split: images of one patient are on both sides, and the accuracy is too good.')
  if (splits.some((split) => split.startsWith('official:')))
    limits.push(
      'Official fold: it keeps slides apart, but not every person; patient 14-13412 is on both sides of folds 1, 3 and 5, and so are accessions in every fold.',
    )
  if (protocol.preset === 'quick')
    limits.push(
      'The quick preset trains small networks for a few steps: it shows that the way works, not what it can reach.',
    )
  if (protocol.networks.generator.includes('bicubic skip'))
    limits.push('The generator adds its output to a bicubic enlargement of its input; the paper’s generator does not.')
  return stack(['## Limits', list(limits)])
}
