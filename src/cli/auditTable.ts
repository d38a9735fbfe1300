import { magnifications, publishedTableI, type DataAudit, type Leak, type Table } from '../data/index.js'
import { splitWords } from '../pipeline/splitWords.js'

/** Most lines of one kind. */
const longest = 20

const number = (n: number): string => n.toLocaleString('en-US')
const count = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${n === 1 ? one : many}`

/** Names from files, on one line and without what a terminal would obey. */
const plain = (text: string): string => text.replaceAll(/\p{C}/gu, '?')

function some(names: readonly string[], most: number): string {
  const more = names.length > most ? `, … ${number(names.length)} in all` : ''
  return plain(names.slice(0, most).join(', ')) + more
}

const shortened = (lines: readonly string[]): string[] =>
  lines.length > longest
    ? [...lines.slice(0, longest), `  … and ${number(lines.length - longest)} more (--json has them all)`]
    : [...lines]

function tableLines({ benign, malignant, total, subtypes }: Table): string[] {
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(10), ...cells.map((cell) => cell.padStart(8))].join('')
  const row = (name: string, { counts, sum, patients }: Table['total']): string =>
    line(name, [...magnifications.map((m) => number(counts[m])), number(sum), number(patients)])
  const isPublished = [
    [benign, publishedTableI.benign],
    [malignant, publishedTableI.malignant],
  ].every(
    ([here, there]) =>
      here!.patients === there!.patients &&
      here!.sum === there!.sum &&
      magnifications.every((m) => here!.counts[m] === there!.counts[m]),
  )
  const sameSubtypes =
    Object.keys(subtypes).length === Object.keys(publishedTableI.subtypes).length &&
    Object.entries(publishedTableI.subtypes).every(([name, counts]) =>
      magnifications.every((m) => subtypes[name]?.[m] === counts[m]),
    )
  return [
    line('', [...magnifications.map((m) => `${m}x`), 'sum', 'slides']),
    row('benign', benign),
    row('malignant', malignant),
    row('total', total),
    ...(isPublished && sameSubtypes ? ['This is Table I of BreaKHis, exactly.'] : []),
  ]
}

function collisionLines({ collisions, split }: DataAudit): string[] {
  const lines = collisions.map(({ kind, name, members, images, sameNumbers, acrossSides }) => {
    const across = split !== null && acrossSides ? ' · ON BOTH SIDES' : ''
    const what =
      kind === 'accession'
        ? `accession ${plain(name)}: ${count(members.length, 'patient id')} that may be one person: ${some(members, 6)}`
        : `patient ${plain(name)}: two diagnoses: ${some(members, 6)}; ${count(images, 'image')}, ${count(sameNumbers ?? 0, 'image number')} there twice`
    return `  ${what}${across}`
  })
  return lines.length === 0 ? [] : ['', 'Names that collide:', ...shortened(lines)]
}

const kinds = { bytes: 'identical files', pixels: 'identical pixels', perceptual: 'looking the same' } as const

function duplicateLines({ duplicates, pictures, split }: DataAudit): string[] {
  if (pictures === null) return ['', 'Pictures were not compared: only names are here.']
  const { compared, blank, crowded } = pictures
  const lines = duplicates.map(({ kind, images, turned, patients, labels, acrossSides }) => {
    const notes = [
      ...(turned ? ['mirrored or turned'] : []),
      ...(patients.length > 1 ? [count(patients.length, 'patient')] : []),
      ...(labels.length > 1 ? ['DIFFERENT DIAGNOSES'] : []),
      ...(split !== null && acrossSides ? ['ON BOTH SIDES'] : []),
    ]
    return `  ${kinds[kind]}: ${some(images, 4)}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
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
  if (leak.kind === 'duplicate') return `one picture: ${some(leak.images, 4)} (${where})`
  return `${leak.kind} ${plain(leak.name)} (${where})`
}

function splitLines({ split, leaks, collisions }: DataAudit, name: string): string[] {
  if (split === null) return []
  const persons = collisions.filter(({ kind, acrossSides }) => kind === 'accession' && acrossSides).length
  const warned = split.kind !== 'accession' && persons > 0
  return [
    '',
    `${splitWords(name)}: ${count(split.train, 'image')} to train on, ${number(split.test)} to test`,
    ...(leaks.length === 0
      ? ['  CLEAN: nothing that it keeps apart is on both sides']
      : ['  LEAKS, on both sides are:', ...shortened(leaks.map((leak) => `  - ${leakText(leak)}`))]),
    ...(split.kind === 'image'
      ? [
          `  ${number(split.leakedTestImages)} of ${count(split.test, 'test image')} are of patients trained on: this split promises no better`,
        ]
      : []),
    ...(warned
      ? [
          `  warning: ${count(persons, 'accession')} on both sides under several patient ids; --split accession keeps them together`,
        ]
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
}

const foldLine = ({ name, train, test, leaks }: FoldSummary): string =>
  `  ${splitWords(name)}: ${number(train)} to train on, ${number(test)} to test, ${leaks.length === 0 ? 'clean' : `LEAKS ${leaks.map(leakText).join('; ')}`}`

/** An audit as a text for people. */
export function auditTable(audit: DataAudit, name: string, folds: readonly FoldSummary[]): string {
  const { images, slides, patients, accessions, unreadable } = audit
  return [
    `${count(images, 'image')} · ${count(slides, 'slide')} · ${count(patients, 'patient id')} · ${count(accessions, 'accession')}`,
    '',
    ...tableLines(audit.tableI),
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
