import {
  magnifications,
  publishedTableI,
  type Collision,
  type DataAudit,
  type Leak,
  type Table,
} from '../data/index.js'
import { collisionWords, crossingAccessions, matchWords, someNames } from '../pipeline/auditWords.js'
import { splitWords } from '../pipeline/splitWords.js'

/** Most lines of one kind. */
const longest = 20

const number = (n: number): string => n.toLocaleString('en-US')
const count = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`

/** Names from files, on one line and without what a terminal would obey. */
const plain = (text: string): string => text.replaceAll(/\p{C}/gu, '?')

const some = (names: readonly string[], most: number): string => someNames(names, most, plain)

const shortened = (lines: readonly string[]): string[] =>
  lines.length > longest
    ? [...lines.slice(0, longest), `  … and ${number(lines.length - longest)} more (--json has them all)`]
    : [...lines]

/** Whether this is Table I of BreaKHis, every count of it. */
export function isPublished({ benign, malignant, subtypes }: Table): boolean {
  const sameCounts = (here: Table['total']['counts'] | undefined, there: Table['total']['counts']): boolean =>
    magnifications.every((m) => here?.[m] === there[m])
  const sameRow = (here: Table['total'], there: Table['total']): boolean =>
    here.patients === there.patients && here.sum === there.sum && sameCounts(here.counts, there.counts)
  const published = Object.entries(publishedTableI.subtypes)
  return (
    sameRow(benign, publishedTableI.benign) &&
    sameRow(malignant, publishedTableI.malignant) &&
    Object.keys(subtypes).length === published.length &&
    published.every(([name, counts]) => sameCounts(subtypes[name], counts))
  )
}

function tableLines({ tableI, images, unknown }: DataAudit): string[] {
  // Where only some slides are known, what the paper calls patients cannot be counted.
  const units = unknown.slides === 0 ? ['slides'] : unknown.slides === images ? ['patients'] : []
  const known = magnifications.reduce((sum, m) => sum + tableI.total.counts[m], 0)
  const columns = known > 0 ? magnifications : []
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(10), ...cells.map((cell) => cell.padStart(9))].join('')
  const row = (name: string, { counts, sum, patients }: Table['total']): string =>
    line(name, [...columns.map((m) => number(counts[m])), number(sum), ...units.map(() => number(patients))])
  return [
    line('', [...columns.map((m) => `${m}x`), columns.length === 0 ? 'images' : 'sum', ...units]),
    row('benign', tableI.benign),
    row('malignant', tableI.malignant),
    row('total', tableI.total),
    ...(known > 0 && known < images
      ? [`The sum holds ${count(images - known, 'image')} of unknown magnification.`]
      : []),
    ...(isPublished(tableI) ? ['This is Table I of BreaKHis, exactly.'] : []),
  ]
}

/** What is counted, and of what nothing is known. */
function countLine({ images, slides, patients, accessions, unknown }: DataAudit): string {
  const known = (n: number, one: string, without: number): string =>
    without === images
      ? `${one}s not known`
      : `${count(n, one)}${without === 0 ? '' : ` (not known of ${count(without, 'image')})`}`
  return [
    count(images, 'image'),
    known(slides, 'slide', unknown.slides),
    count(patients, 'patient id'),
    known(accessions, 'accession', unknown.accessions),
  ].join(' · ')
}

function collisionLines({ collisions, split }: DataAudit): string[] {
  const lines = collisions.map(
    (collision) =>
      `  ${collisionWords(collision, plain)}${split !== null && collision.acrossSides ? ' · ON BOTH SIDES' : ''}`,
  )
  return lines.length === 0 ? [] : ['', 'Names that collide:', ...shortened(lines)]
}

function duplicateLines({ duplicates, pictures, split }: DataAudit): string[] {
  if (pictures === null) return ['', 'Pictures were not compared: only names are here.']
  const { compared, blank, crowded } = pictures
  const outermost = duplicates.filter(({ nested }) => !nested)
  const lines = outermost.map(({ kind, images, turned, patients, labels, acrossSides }) => {
    const notes = [
      ...(turned ? ['mirrored or turned'] : []),
      ...(patients.length > 1 ? [count(patients.length, 'patient')] : []),
      ...(labels.length > 1 ? ['DIFFERENT DIAGNOSES'] : []),
      ...(split !== null && acrossSides ? ['ON BOTH SIDES'] : []),
    ]
    return `  ${matchWords[kind]}: ${some(images, 4)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
  })
  return [
    '',
    `Pictures that are there twice, of ${count(compared, 'image')} compared: ${lines.length === 0 ? 'none' : count(lines.length, 'group')}`,
    ...shortened(lines),
    ...(blank === 0 ? [] : [`  ${count(blank, 'blank image')}: compared for identity only`]),
    ...(crowded === 0
      ? []
      : [`  ${count(crowded, 'image')} with too many similar ones to compare all: a copy may be missing`]),
  ]
}

/** A leak in words. */
function leakText(leak: Leak): string {
  const where = `${number(leak.train)} to train on, ${number(leak.test)} to test`
  if (leak.kind === 'duplicate') return `${matchWords[leak.match]}: ${some(leak.images, 4)} (${where})`
  return `${leak.kind} ${plain(leak.name)} (${where})`
}

function splitLines({ split, leaks, collisions, unknown }: DataAudit, name: string): string[] {
  if (split === null) return []
  // By image, what is said of the patients says it.
  const persons = split.kind === 'image' ? 0 : crossingAccessions(collisions)
  const lone = split.kind === 'accession' ? unknown.accessions : 0
  return [
    '',
    `${splitWords(name)}: ${count(split.train, 'image')} to train on, ${number(split.test)} to test`,
    ...(leaks.length === 0
      ? // By image nothing is kept apart.
        split.kind === 'image'
        ? []
        : ['  CLEAN: nothing that it keeps apart is on both sides']
      : ['  LEAKS, on both sides are:', ...shortened(leaks.map((leak) => `  - ${leakText(leak)}`))]),
    ...(split.kind === 'image'
      ? [
          `  ${number(split.leakedTestImages)} of ${count(split.test, 'test image')} are of patients trained on: this split promises no better`,
        ]
      : []),
    ...(persons > 0
      ? [
          `  warning: ${count(persons, 'accession')} on both sides under several patient ids; --split accession keeps them together`,
        ]
      : []),
    ...(lone > 0
      ? [`  warning: the accession of ${count(lone, 'image')} is not known; of these, only patients are kept together`]
      : []),
  ]
}

/** What is known of an official fold by name. */
export interface FoldSummary {
  /** The fold, for example `official:1`. */
  readonly name: string
  /** Images to train on. */
  readonly train: number
  /** Images to test. */
  readonly test: number
  /** As of `--split` this fold. */
  readonly leaks: readonly Leak[]
  /** Those of the set's collisions that are on both sides. */
  readonly collisions: readonly Collision[]
}

function foldLine({ name, train, test, leaks, collisions }: FoldSummary): string {
  const persons = crossingAccessions(collisions)
  const accessions = count(persons, 'accession')
  const found =
    leaks.length === 0
      ? `no patient on both sides${persons === 0 ? '' : `, but ${accessions}`}`
      : `LEAKS ${leaks.map(leakText).join('; ')}${persons === 0 ? '' : `; ${accessions} on both sides`}`
  return `  ${splitWords(name)}: ${number(train)} to train on, ${number(test)} to test: ${found}`
}

/** An audit as a text for people. */
export function auditTable(audit: DataAudit, name: string, folds: readonly FoldSummary[]): string {
  const { unreadable } = audit
  return [
    countLine(audit),
    '',
    ...tableLines(audit),
    ...collisionLines(audit),
    ...duplicateLines(audit),
    ...(unreadable.length === 0
      ? []
      : [
          '',
          `Left out as unreadable: ${number(unreadable.length)}`,
          ...shortened(unreadable.map(({ problem }) => `  ${plain(problem)}`)),
        ]),
    ...(folds.length === 0 ? [] : ['', 'The official folds, by name:', ...folds.map(foldLine)]),
    ...splitLines(audit, name),
    '',
  ].join('\n')
}
