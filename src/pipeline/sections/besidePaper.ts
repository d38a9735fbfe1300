import { magnifications, publishedTableI, type Magnification } from '../../data/index.js'
import { armWords } from '../armWords.js'
import { paperAttainability } from '../attainable.js'
import { count, list, plain, stack, table } from '../markdown.js'
import type { PipelineReport, RunResult } from '../reportTypes.js'
import { splitWords } from '../splitWords.js'
import { dash, fixed, percent, percentRange } from './numbers.js'

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, n) => total + n, 0)

function headlineTable({ published, runs }: PipelineReport): string {
  const rows = runs.map(({ split, arm, heads: { sigmoid } }) => [
    `**this run**, ${plain(splitWords(split))}, ${armWords[arm]}`,
    Object.values(sigmoid.overall.loss)
      .map((value) => value.toFixed(4))
      .join(', '),
    sigmoid.overall.accuracy.toFixed(4),
    fixed(sigmoid.overall.auc, 4),
    `${sigmoid.overall.n} of ${sigmoid.overall.patients}`,
  ])
  return table(
    ['', 'loss', 'accuracy', 'AUC', 'test images, patients'],
    [['the paper', String(published.loss), String(published.accuracy), String(published.auc), 'not stated'], ...rows],
  )
}

/** A run's accuracy at one magnification, with its interval by patient, or that of independent images. */
function ownCell({ heads: { sigmoid } }: RunResult, magnification: string): string {
  const result = sigmoid.byMagnification[magnification]
  if (result === undefined) return dash
  const { accuracy, accuracyInterval, accuracyByPatient } = result.decisions
  const interval =
    accuracyByPatient === null
      ? `${percentRange(accuracyInterval)} (images)`
      : `${percentRange(accuracyByPatient)} (by patient)`
  return `**${percent(accuracy, 2)}** [${interval}], n = ${result.n}`
}

function tableII({ published, runs }: PipelineReport): string {
  const names = magnifications.map(String)
  const rows = published.tableII.map((row) => [
    plain(row.work),
    ...Object.values(row.accuracy).map(
      ({ accuracy, deviation }) => `${accuracy}${deviation === undefined ? '' : ` ± ${deviation}`}`,
    ),
    row.level,
  ])
  const own = runs.map((run) => [
    `**this run**, ${armWords[run.arm]}`,
    ...names.map((name) => ownCell(run, name)),
    plain(splitWords(run.split)),
  ])
  return table(['work', ...names.map((name) => `${name}x`), 'split'], [...rows, ...own])
}

/** Which of the paper's accuracies can be a share of its own test set at all. */
function attainableText(report: PipelineReport): string {
  const rows = paperAttainability(report).map(({ name, percent: quoted, testSizes, counts }) => [
    name,
    quoted.toFixed(2),
    testSizes.join(' or '),
    counts.length === 0 ? '**no**' : counts.map(({ right, n }) => `yes, ${right}/${n}`).join('; '),
  ])
  return stack([
    '### Which of the paper’s accuracies can be a share of a 20 % test set',
    table(['images', 'quoted %', '20 % of Table I', 'a whole number of right answers?'], rows),
  ])
}

/** Where the paper's figures and words do not agree with one another. */
function contradictions({ published, tableI }: PipelineReport): string {
  const own = published.tableII.at(-1)!
  const rival = published.tableII.at(-2)!
  const { benign, malignant } = tableI.published
  const total = (magnification: Magnification): number => benign[magnification] + malignant[magnification]
  const images = magnifications.reduce((sum, m) => sum + total(m), 0)
  const pooled = magnifications.reduce((sum, m) => sum + own.accuracy[m].accuracy * total(m), 0) / images
  const headline = (published.accuracy * 100).toFixed(2)
  const margins = magnifications.map((m) => (own.accuracy[m].accuracy - rival.accuracy[m].accuracy).toFixed(2))
  const patients = publishedTableI.benign.patients + publishedTableI.malignant.patients
  return stack([
    '### Where the paper contradicts itself',
    list([
      `Its headline accuracy, ${headline} %, is its accuracy at 40x; weighted by the images, its four magnifications pool to ${pooled.toFixed(2)} %.`,
      `Its margins over ${plain(rival.work)} are ${margins.slice(0, 3).join(', ')} and ${margins[3]} points at 40x, 100x, 200x and 400x; its text says 0.006 % and 0.002 % of the last two.`,
      `Its text speaks of more than 85 patients, its Table I of ${patients}. Those are slides: BreaKHis’ file names hold 81 patient ids and 70 accession numbers, and slide 14-13412 is filed under two tumour types with the same pictures.`,
      'Its text speaks of the Euclidean distance, its equation (4) squares it, and equation (3) squares it again.',
      'It does not say whether images of one patient may be on both sides of its split, nor what its network does without super-resolution.',
    ]),
  ])
}

/** The paper's results and Table II, every row with how it split, and this run's beside them. */
export function paperSection(report: PipelineReport): string {
  const { protocol } = report
  return stack([
    '## Beside the published figures',
    `The published figures stand here to be looked at, not because this run reaches or confirms them: data, split, size of the test set and training effort differ${protocol.source === 'breakhis' ? '' : ', and these are not even the same images'}.`,
    headlineTable(report),
    'This run’s count images, by the head `sigmoid` at threshold 0.5, and the loss is its cross-entropy; their intervals stand above.',
    'Accuracy in % by magnification (Table II of the paper, with the deviations it quotes; the last column says how each work split, `?` where that is not certain). This run’s are of the head `sigmoid` at threshold 0.5, in brackets 95 % intervals:',
    tableII(report),
    'Splits by image put images of one patient on both sides, and their accuracies stand apart from the others. On BreaKHis, evaluations that keep patients apart mostly report accuracies of 85 to 93 %.',
    attainableText(report),
    contradictions(report),
  ])
}

/** The images of this run beside the paper's Table I. */
export function tableISection({ tableI, leakage, protocol }: PipelineReport): string {
  const row = (name: string, label: 'benign' | 'malignant'): string[] => {
    const cell = (magnification: Magnification): string =>
      `${tableI.measured[label][magnification]} (${tableI.published[label][magnification]})`
    const both = `${sumOf(tableI.measured[label])} (${sumOf(tableI.published[label])})`
    return [name, ...magnifications.map(cell), both, `${tableI.slides[label]} (${publishedTableI[label].patients})`]
  }
  const total = (magnification: Magnification): string =>
    `${tableI.measured.benign[magnification] + tableI.measured.malignant[magnification]} (${tableI.published.benign[magnification] + tableI.published.malignant[magnification]})`
  const all = (side: Readonly<Record<'benign' | 'malignant', Readonly<Record<string, number>>>>): number =>
    sumOf(side.benign) + sumOf(side.malignant)
  const unit = leakage.unknown.slides === protocol.images ? 'patients (slides)' : 'slides'
  const head = ['images: here (Table I)', ...magnifications.map((name) => `${name}x`), 'sum', unit]
  return stack([
    '## Images beside the paper’s Table I',
    table(head, [
      row('benign', 'benign'),
      row('malignant', 'malignant'),
      [
        'total',
        ...magnifications.map(total),
        `${all(tableI.measured)} (${all(tableI.published)})`,
        `${tableI.slides.benign + tableI.slides.malignant} (${publishedTableI.benign.patients + publishedTableI.malignant.patients})`,
      ],
    ]),
    `Here: ${count(protocol.images, 'image')} in all, training and test side together, without augmented copies.`,
  ])
}
