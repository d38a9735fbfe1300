import type { Sides } from './audit.js'
import { compareText } from './compareText.js'
import type { ImageRecord } from './source.js'

/** A name that does not say what it seems to. */
export interface Collision {
  /**
   * `accession`: one accession number under several patient ids, which may be one person (`14-22549AB`, `14-22549CD`
   * and `14-22549G`). `slide`: one slide under several patient ids, of which all but one are wrong. `patient`: one
   * patient id with several diagnoses or tumour types (`14-13412` in BreaKHis).
   */
  readonly kind: 'accession' | 'slide' | 'patient'
  /** The accession number, the slide's name, or the patient id. */
  readonly name: string
  /** The patient ids of the accession or slide; the slides of the patient (its diagnoses, where slides are unknown). */
  readonly members: readonly string[]
  /** Of a patient: the classes, each with its tumour types where known, for example `malignant DC`. */
  readonly diagnoses?: readonly string[]
  /** Images in all. */
  readonly images: number
  /**
   * Of a patient whose images are numbered: image numbers (magnification and sequence) that stand under two members or
   * more. Nearly as many as a member has images means that the same pictures are filed twice.
   */
  readonly sameNumbers?: number
  /** Whether its images are on both sides of the split. */
  readonly acrossSides: boolean
}

type NameOf = (record: ImageRecord) => string | undefined

const diagnosis = ({ label, subtype }: ImageRecord): string => (subtype === undefined ? label : `${label} ${subtype}`)

interface Group {
  readonly records: ImageRecord[]
  inTrain: boolean
  inTest: boolean
}

/** The names whose records are not all of one value, as far as values are known. */
function ambiguous({ train, test }: Sides, nameOf: NameOf, valueOf: NameOf): Set<string> {
  const first = new Map<string, string>()
  const found = new Set<string>()
  for (const side of [train, test]) {
    for (const record of side) {
      const name = nameOf(record)
      const value = valueOf(record)
      if (name === undefined || value === undefined) continue
      const known = first.get(name)
      if (known === undefined) first.set(name, value)
      else if (known !== value) found.add(name)
    }
  }
  return found
}

/** The records of these names, in the order of the names. */
function group({ train, test }: Sides, names: ReadonlySet<string>, nameOf: NameOf): [string, Group][] {
  if (names.size === 0) return []
  const groups = new Map<string, Group>()
  for (const side of [train, test]) {
    for (const record of side) {
      const name = nameOf(record)
      if (name === undefined || !names.has(name)) continue
      let found = groups.get(name)
      if (found === undefined) groups.set(name, (found = { records: [], inTrain: false, inTest: false }))
      found.records.push(record)
      if (side === train) found.inTrain = true
      else found.inTest = true
    }
  }
  return [...groups].sort(([a], [b]) => compareText(a, b))
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort()

/** The different diagnoses; a class alone is left out where a tumour type of it is known. */
function diagnosesOf(records: readonly ImageRecord[]): string[] {
  const typed = new Set<string>(records.flatMap(({ label, subtype }) => (subtype === undefined ? [] : label)))
  return distinct(records.map(diagnosis)).filter((name) => !typed.has(name))
}

/** How many image numbers more than one member has; undefined where no image is numbered. */
function sameNumbers(records: readonly ImageRecord[], memberOf: (record: ImageRecord) => string): number | undefined {
  const first = new Map<string, string>()
  const twice = new Set<string>()
  for (const record of records) {
    if (record.sequence === undefined) continue
    const number = `${record.magnification ?? '-'}/${record.sequence}`
    const member = memberOf(record)
    if (!first.has(number)) first.set(number, member)
    else if (first.get(number) !== member) twice.add(number)
  }
  return first.size === 0 ? undefined : twice.size
}

/** Accessions and slides under several patient ids, then patient ids with several diagnoses; each in the order of the names. */
export function findCollisions(sides: Sides): Collision[] {
  const patientOf = (record: ImageRecord): string => record.patient
  const underSeveral = (kind: 'accession' | 'slide'): Collision[] => {
    const nameOf: NameOf = (record) => record[kind]
    return group(sides, ambiguous(sides, nameOf, patientOf), nameOf).map(([name, { records, inTrain, inTest }]) => ({
      kind,
      name,
      members: distinct(records.map(patientOf)),
      images: records.length,
      acrossSides: inTrain && inTest,
    }))
  }
  const labels = ambiguous(sides, patientOf, ({ label }) => label)
  const subtypes = ambiguous(sides, patientOf, ({ subtype }) => subtype)
  const memberOf = (record: ImageRecord): string => record.slide ?? diagnosis(record)
  const patients = group(sides, new Set([...labels, ...subtypes]), patientOf)
  return [
    ...underSeveral('accession'),
    ...underSeveral('slide'),
    ...patients.map(([name, { records, inTrain, inTest }]): Collision => {
      const numbers = sameNumbers(records, memberOf)
      return {
        kind: 'patient',
        name,
        members: distinct(records.map(memberOf)),
        diagnoses: diagnosesOf(records),
        images: records.length,
        ...(numbers === undefined ? {} : { sameNumbers: numbers }),
        acrossSides: inTrain && inTest,
      }
    }),
  ]
}
