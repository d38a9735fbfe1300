import { armWords } from '../armWords.js'
import { learnedBy } from '../auditWords.js'
import { count, plain, stack, table } from '../markdown.js'
import type { ArmComparison, PipelineReport, RunResult } from '../reportTypes.js'
import { splitWords } from '../splitWords.js'
import { figure } from './figure.js'
import { dash, fixed, levelWords, percent, percentRange, pValue, range, signed } from './numbers.js'

function runRow({ split, arm, test, leakedTestImages, heads }: RunResult): string[] {
  const { sigmoid, support, pair } = heads
  const { decisions, auc, aucInterval, aucByPatient, patientAuc } = sigmoid.overall
  return [
    plain(splitWords(split)),
    armWords[arm],
    `${test.images} of ${test.patients}`,
    String(leakedTestImages),
    `**${percent(decisions.accuracy)}**`,
    percentRange(decisions.accuracyInterval),
    percentRange(decisions.accuracyByPatient),
    percent(decisions.patientRecognition.rate),
    `**${fixed(auc, 3)}**`,
    range(aucInterval, 3),
    range(aucByPatient, 3),
    fixed(patientAuc?.auc, 3),
    percent(support.overall.accuracy),
    percent(pair?.pairAccuracy),
  ]
}

const comparisonRow = ({ split, a, b, accuracy, auc }: ArmComparison): string[] => [
  plain(splitWords(split)),
  `${armWords[a]} − ${armWords[b]}`,
  signed(accuracy.difference * 100, 1),
  percentRange(accuracy.interval),
  `${accuracy.mcNemar.onlyA} : ${accuracy.mcNemar.onlyB}`,
  pValue(accuracy.mcNemar.p),
  auc === null ? dash : signed(auc.difference, 3),
  range(auc?.interval, 3),
  auc === null || auc.delong === null ? dash : pValue(auc.delong.p),
]

function comparisonText(comparisons: readonly ArmComparison[]): string | undefined {
  if (comparisons.length === 0) return undefined
  const level = levelWords(comparisons[0]!.accuracy.interval ?? comparisons[0]!.auc?.interval)
  const tests = comparisons.reduce((sum, { auc }) => sum + (auc === null || auc.delong === null ? 1 : 2), 0)
  const head = ['split', 'input: a − b', 'accuracy, points', `${level}, by patient`, 'right only in a : b', 'McNemar p']
  return stack([
    '### Does the input make a difference?',
    table([...head, 'AUC', `${level}, by patient`, 'DeLong p'], comparisons.map(comparisonRow)),
    `Paired on the same test images, head \`sigmoid\`, threshold 0.5. McNemar’s and DeLong’s tests count images as independent, so that their p values are too small; the intervals by patient are not. None is corrected for there being ${count(tests, 'test')}: by Bonferroni’s rule a p below ${(0.05 / tests).toPrecision(2)} would count. An interval that holds 0 is no proof that two inputs are equally good. Each arm is one training with one seed, and another seed may turn the order round.`,
  ])
}

/** What an image-level split gains over one that keeps patients apart, with the same input. */
function splitText(runs: readonly RunResult[]): string | undefined {
  const lines = runs
    .filter(({ split }) => split === 'image')
    .flatMap((image) => {
      const other = runs.find(({ split, arm }) => split !== 'image' && arm === image.arm)
      if (other === undefined) return []
      const points = (run: RunResult): number => run.heads.sigmoid.overall.accuracy * 100
      return [
        `- ${armWords[image.arm]}: ${points(image).toFixed(1)} % by the image split, ${points(other).toFixed(1)} % by the ${plain(splitWords(other.split))} (${signed(points(image) - points(other), 1)} points); ${image.leakedTestImages} of ${image.test.images} test images of the image split are of patients that were ${learnedBy(image.validation)}.`,
      ]
    })
  if (lines.length === 0) return undefined
  return stack([
    '### What the split makes of it',
    lines.join('\n'),
    'The splits test on different images, so that no paired test is possible between them, and chance is part of every difference. Only the result of a split that keeps patients apart says anything about new patients.',
  ])
}

/** Every run beside the others, and what tells them apart; nothing where there is one run. */
export function sideBySideSection(report: PipelineReport): string | undefined {
  const { runs, comparisons } = report
  if (runs.length < 2) return undefined
  const { accuracyInterval } = runs[0]!.heads.sigmoid.overall.decisions
  const level = levelWords(accuracyInterval)
  const head = ['split', 'input', 'test images, patients', 'leaked', 'accuracy %', `${level}, images`]
  const auc = ['AUC', `${level}, images`, `${level}, by patient`, 'AUC of patients']
  return stack([
    '## Runs side by side',
    table(
      [
        ...head,
        `${level}, by patient`,
        'patient recognition %',
        ...auc,
        'support: accuracy %',
        'pair: pair accuracy %',
      ],
      runs.map(runRow),
    ),
    `Accuracy, patient recognition and AUC are of the head \`sigmoid\`, decisions at 0.5. Leaked: test images of patients that were ${learnedBy(runs[0]!.validation)}. Same seeds and encoder for every run; the runs of one split share their images and pairs.`,
    figure(report, 'arms'),
    splitText(runs),
    comparisonText(comparisons),
  ])
}
