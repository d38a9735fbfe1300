import { ArgumentError, DataError } from '../errors.js'
import { compareText } from './compareText.js'
import { labels } from './divide.js'
import type { ImageRecord, Label } from './source.js'
import type { Split } from './splits.js'

/**
 * What is kept whole: patients; accessions (`14-22549AB` and `14-22549G` are one; a patient of several accessions keeps
 * them together; a patient without one is one by itself); or the group that a function names.
 */
export type GroupBy = 'patient' | 'accession' | ((record: ImageRecord) => string)

/** Benign and malignant images. */
export type ClassCounts = readonly [benign: number, malignant: number]

/** The groups of a list of records. */
export interface RecordGroups {
  /** What the split is called. */
  readonly kind: Split['kind']
  /** Sorted, so that nothing depends on the records' order. */
  readonly names: readonly string[]
  /** Images by class, for each group. */
  readonly counts: readonly ClassCounts[]
  /** For each record, its group's place in `names`. */
  readonly groupOf: Int32Array
}

/** Names each record's accession, those of one patient taken together (union-find). */
function accessionNames(records: readonly ImageRecord[]): (record: ImageRecord) => string {
  if (records.every(({ accession }) => accession === undefined)) {
    throw new DataError('records', 'no accession number is known of any image; divide them by patient')
  }
  const parents = new Map<string, string>()
  const find = (node: string): string => {
    let at = node
    for (let up = parents.get(at); up !== undefined && up !== at; up = parents.get(at)) {
      parents.set(at, parents.get(up)!)
      at = up
    }
    return at
  }
  // Patients and accessions in name spaces of their own; the root is the smallest name below it, whatever the order.
  for (const { accession, patient } of records) {
    const nodes = accession === undefined ? [`p${patient}`] : [`a${accession}`, `p${patient}`]
    const roots = nodes.map((node) => {
      if (!parents.has(node)) parents.set(node, node)
      return find(node)
    })
    roots.sort(compareText)
    parents.set(roots.at(-1)!, roots[0]!)
  }
  return ({ patient, accession }) => (accession === undefined && patient === '' ? '' : find(`p${patient}`))
}

/** Groups the records and counts each group's images by class: linear, but for the sorting of the names. */
export function groupRecords(records: readonly ImageRecord[], by: GroupBy): RecordGroups {
  if (by !== 'patient' && by !== 'accession' && typeof by !== 'function') {
    throw new ArgumentError('options.by', "be 'patient', 'accession' or a function of the record", by)
  }
  const nameOf =
    typeof by === 'function'
      ? by
      : by === 'patient'
        ? (record: ImageRecord): string => record.patient
        : accessionNames(records)
  const places = new Map<string, number>()
  const groupOf = Int32Array.from(records, (record) => {
    const name: unknown = nameOf(record)
    if (typeof name !== 'string' || name === '') {
      throw new DataError(record.id, `belongs to no ${typeof by === 'function' ? 'group' : by}`)
    }
    const place = places.get(name) ?? places.size
    places.set(name, place)
    return place
  })
  const names = [...places.keys()].sort(compareText)
  const rank = new Int32Array(names.length)
  names.forEach((name, i) => (rank[places.get(name)!] = i))
  const counts = names.map((): [number, number] => [0, 0])
  records.forEach((record, i) => {
    const group = rank[groupOf[i]!]!
    groupOf[i] = group
    counts[group]![labels.indexOf(record.label)]!++
  })
  return { kind: typeof by === 'function' ? 'group' : by, names, counts, groupOf }
}

/** Sums of the counts by class. */
export const totalCounts = (counts: readonly ClassCounts[]): ClassCounts =>
  counts.reduce<[number, number]>(([b, m], [benign, malignant]) => [b + benign, m + malignant], [0, 0])

/** Throws where a class is in fewer groups than it takes, saying what for. */
export function requireHolders(groups: RecordGroups, least: number, purpose: string, rule: string): void {
  labels.forEach((label: Label, c) => {
    const holders = groups.counts.filter((count) => count[c]! > 0).length
    if (holders >= least) return
    const unit = { patient: 'patients', accession: 'accessions' }[groups.kind as string] ?? 'groups'
    throw new DataError('records', `too few ${unit} ${purpose}: ${holders} with ${label} images; ${rule}`)
  })
}
