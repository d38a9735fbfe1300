import { stack } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'
import { figure } from './figure.js'

/** The worst mistakes; nothing without their figure. */
export function mistakesSection(report: PipelineReport): string | undefined {
  const mistakes = figure(report, 'mistakes')
  if (mistakes === undefined) return undefined
  return stack([
    '## Worst mistakes',
    'The wrong answers of the head `sigmoid` that it was surest of, and for each the training images whose embeddings are nearest. They are picked by their scores, so that they are no sample: they show what to look at, not how often it happens.',
    mistakes,
  ])
}

/** The map of the embedding; nothing without its figure. */
export function embeddingSection(report: PipelineReport): string | undefined {
  const map = figure(report, 'embedding')
  if (map === undefined || report.embedding === null) return undefined
  const [first, second] = report.embedding.explained
  return stack([
    '## Embedding',
    `Principal components of the test images’ embeddings: the two that are drawn hold ${((first + second) * 100).toFixed(1)} % of the variance (${(first * 100).toFixed(1)} % and ${(second * 100).toFixed(1)} %). Points of one patient that lie together, apart from others of their class, show a network that has learned the patient.`,
    map,
  ])
}

/** How both networks were trained. */
export function trainingSection(report: PipelineReport): string | undefined {
  const { protocol, runs } = report
  const pictures = ['accuracy', 'loss', 'esrgan', 'augmented'].map((name) => figure(report, name))
  if (pictures.every((picture) => picture === undefined)) return undefined
  const curves =
    protocol.curves === 'validation'
      ? 'The curves per epoch are of the validation side, which was divided off the training side by the same rule as the test side.'
      : 'There is no validation side: the curves per epoch are of the test side. They are shown, and nothing was chosen by them.'
  return stack(['## Training', `${curves} The weights of epoch ${runs[0]!.keptEpoch} were kept.`, ...pictures])
}
