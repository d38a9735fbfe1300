import { armWords } from '../armWords.js'
import { count, plain, stack, table } from '../markdown.js'
import type { Decisions, Evaluation, LockedThreshold, PipelineReport, RunResult } from '../reportTypes.js'
import { splitWords } from '../splitWords.js'
import { figure } from './figure.js'
import { fixed, levelWords, percent, percentRange, range } from './numbers.js'

const chosenWords: Readonly<Record<LockedThreshold['chosenOn'], string>> = {
  nothing: 'fixed',
  validation: 'validation side, then locked',
  training: 'training side, then locked',
}

/** The heads that give every image a score. */
const imageHeads = ({ heads: { sigmoid, support } }: RunResult): [name: string, overall: Evaluation][] => [
  ['sigmoid', sigmoid.overall],
  ['support', support.overall],
]

/** A share of right answers with its interval, in percent. */
const share = (value: number, digits = 1): string => `${percent(value, digits)} %`

function rankingTable(run: RunResult): string {
  const level = levelWords(run.heads.sigmoid.overall.aucInterval)
  const rows = imageHeads(run).map(([name, overall]) => [
    name,
    fixed(overall.auc, 3),
    range(overall.aucInterval, 3),
    range(overall.aucByPatient, 3),
    fixed(overall.averagePrecision, 3),
    fixed(overall.patientAuc?.auc, 3),
    range(overall.patientAuc?.interval, 3),
  ])
  const head = ['head', 'AUC of images', `${level}, images`, `${level}, by patient`, 'average precision']
  return table([...head, 'AUC of patients', `${level}, patients`], rows)
}

const decisionRow = (head: string, decisions: Decisions): string[] => {
  const { threshold, confusion, patientRecognition } = decisions
  return [
    head,
    `${Number(threshold.value.toFixed(4))} (${threshold.rule === 'fixed' ? 'fixed' : `Youden, ${chosenWords[threshold.chosenOn]}`})`,
    share(decisions.accuracy),
    percentRange(decisions.accuracyInterval),
    percentRange(decisions.accuracyByPatient),
    `${percent(patientRecognition.rate)} % (${percentRange(patientRecognition.interval)})`,
    `${confusion.tp} / ${confusion.fp} / ${confusion.tn} / ${confusion.fn}`,
  ]
}

const rateRow = (head: string, { threshold, ...decisions }: Decisions): string[] => [
  head,
  String(Number(threshold.value.toFixed(4))),
  ...[decisions.tpr, decisions.fpr, decisions.precision, decisions.f1, decisions.balancedAccuracy, decisions.mcc].map(
    (value) => fixed(value, 3),
  ),
]

function decisionTables(run: RunResult): string {
  const level = levelWords(run.heads.sigmoid.overall.decisions.accuracyInterval)
  const made = imageHeads(run).flatMap(([name, { decisions, locked }]) =>
    [decisions, locked].flatMap((each) => (each === null ? [] : [[name, each] as const])),
  )
  const head = ['head', 'threshold', 'image accuracy', `${level}, images`, `${level}, by patient`]
  return stack([
    table(
      [...head, 'patient recognition', 'TP / FP / TN / FN'],
      made.map(([name, each]) => decisionRow(name, each)),
    ),
    table(
      ['head', 'threshold', 'TPR', 'FPR', 'precision', 'F1', 'balanced accuracy', 'MCC'],
      made.map(([name, each]) => rateRow(name, each)),
    ),
  ])
}

function pairText({ heads: { pair } }: RunResult): string {
  if (pair === null) return 'No pairs were evaluated.'
  const {
    pairAccuracy,
    pairAccuracyInterval: interval,
    auc,
    n,
    similar,
    threshold,
    scale,
    chosenOn,
    samePatientPairs,
  } = pair
  const how = interval === null ? '' : `, ${levelWords(interval)} ${percentRange(interval)} (${plain(interval.method)})`
  const rule =
    scale === 0
      ? `nearer ${chosenOn} pairs were no likelier to be of one class, so that every pair counts as of one class`
      : `distance threshold ${Number(threshold.toFixed(4))}, chosen on ${chosenOn} pairs`
  return `**Pair accuracy ${share(pairAccuracy)}**${how}, AUC ${fixed(auc, 3)}, ${count(n, 'pair')}, ${similar} of them of one class and ${samePatientPairs} of one patient; ${rule}. An accuracy of pairs is no accuracy of images, and does not stand beside one.`
}

function magnificationTable({ heads: { sigmoid } }: RunResult): string {
  const { accuracyInterval } = sigmoid.overall
  const level = levelWords(accuracyInterval)
  const row = (name: string, result: Evaluation): string[] => [
    name,
    `${result.n} (${result.positives})`,
    String(result.patients),
    share(result.accuracy, 2),
    percentRange(result.accuracyInterval),
    percentRange(result.decisions.accuracyByPatient),
    fixed(result.auc, 3),
    range(result.aucInterval, 3),
    Object.values(result.loss)
      .map((value) => value.toFixed(4))
      .join(', '),
    fixed(result.tpr, 3),
    fixed(result.fpr, 3),
  ]
  const head = ['images', 'n (malignant)', 'patients', 'accuracy', `${level}, images`, `${level}, by patient`, 'AUC']
  return table(
    [...head, `${level}, images`, 'loss', 'TPR', 'FPR'],
    [
      row('**all**', sigmoid.overall),
      ...Object.entries(sigmoid.byMagnification).map(([magnification, result]) => row(`${magnification}x`, result)),
    ],
  )
}

/** How each kind of interval came about, from the intervals themselves. */
function methodsText({ heads: { sigmoid } }: RunResult): string {
  const { overall } = sigmoid
  const named: [string, string | undefined][] = [
    ['accuracy, images', overall.accuracyInterval.method],
    ['accuracy, by patient', overall.decisions.accuracyByPatient?.method],
    ['AUC, images', overall.aucInterval?.method],
    ['AUC, by patient', overall.aucByPatient?.method],
    ['patient recognition', overall.decisions.patientRecognition.interval?.method],
    ['AUC of patients', overall.patientAuc?.interval?.method],
  ]
  const known = named.flatMap(([name, method]) => (method === undefined ? [] : [`${name}: ${plain(method)}`]))
  return `Intervals: ${known.join('; ')}. A dash is an interval that these images do not allow.`
}

/** Why 0.5 is the only threshold. */
const noThreshold = ({ validation }: RunResult): string =>
  validation === null
    ? 'There is no validation side: no threshold but 0.5 was looked for, and none may be chosen on the test side.'
    : 'The validation side holds one class only: no threshold but 0.5 can be chosen on it, and none may be on the test side.'

/** The default run: its three heads, images and patients, both kinds of intervals, and each magnification. */
export function resultsSection(report: PipelineReport): string {
  const run = report.runs[0]!
  const { overall } = run.heads.sigmoid
  const { support } = run.heads
  const few =
    run.test.patients >= 10
      ? undefined
      : `**Only ${count(run.test.patients, 'patient')} to test on: intervals by patient from so few are rough, and mostly too narrow.**`
  const notes = [
    'Positive = malignant. Images of one patient resemble each other: intervals that count images as independent are too narrow, and those by patient are the ones to quote.',
    methodsText(run),
    ...(overall.auc === null ? ['The test set holds one class only: there is no AUC.'] : []),
    ...(overall.auc === 1
      ? ['An AUC of exactly 1 has no interval: perfect separation of so few images proves little.']
      : []),
    ...(overall.locked === null ? [noThreshold(run)] : []),
  ]
  return stack([
    '## Results on the test set',
    `${count(run.test.images, 'image')} (${overall.positives} malignant) of ${count(run.test.patients, 'patient')}, ${plain(splitWords(run.split))}, input: ${armWords[run.arm]}. One network answers in several ways: \`sigmoid\` is its classifier, \`support\` compares an image with ${count(support.references, 'training image')} (${plain(support.method)}), \`pair\` says of two images whether they are of one class.`,
    few,
    '### How well scores rank malignant above benign',
    rankingTable(run),
    '### How often the decision is right',
    decisionTables(run),
    'Patient recognition is the mean of the patients’ shares of right answers (Spanhol et al. 2016), in brackets its interval by patient.',
    '### Pair verification',
    pairText(run),
    '### By magnification, head `sigmoid`, threshold 0.5',
    magnificationTable(run),
    notes.join('\n'),
    figure(report, 'roc'),
    figure(report, 'roc-magnifications'),
    figure(report, 'precision-recall'),
    figure(report, 'confusion'),
  ])
}
