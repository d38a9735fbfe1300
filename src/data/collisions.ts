import type { Sides } from './audit.js'
import type { ImageRecord } from './source.js'

/** A name that does not say what it seems to. */
export interface Collision {
  /**
   * `accession`: one accession number under several patient ids, which may be one person (`14-22549AB`, `14-22549CD`
   * and `14-22549G`). `patient`: one patient id with several diagnoses or tumour types (`14-13412` in BreaKHis).
   */
  readonly kind: 'accession' | 'patient'
  /** The accession number, or the patient id. */
  readonly name: string
  /** The patient ids of the accession; the slides of the patient (diagnosis and tumour type, where slides are unknown). */
  readonly members: readonly string[]
  /** Images in all. */
  readonly images: number
  /**
   * Of a patient: image numbers (magnification and sequence) that stand under two members or more. Nearly as many as a
   * member has images means that the same pictures are filed twice.
   */
  readonly sameNumbers?: number
  /** Whether its images are on both sides of the split. */
  readonly acrossSides: boolean
}

/** What of a patient must be one. */
const diagnosis = (record: ImageRecord): string =>
  record.subtype === undefined ? record.label : `${record.label} ${record.subtype}`

interface Group {
  readonly members: Map<string, Set<string>>
  images: number
  inTrain: boolean
  inTest: boolean
}

/** The names whose records are not all of one value. */
function ambiguous(
  { train, test }: Sides,
  nameOf: (record: ImageRecord) => string | undefined,
  valueOf: (record: ImageRecord) => string,
): Set<string> {
  const first = new Map<string, string>()
  const found = new Set<string>()
  for (const side of [train, test]) {
    for (const record of side) {
      const name = nameOf(record)
      if (name === undefined) continue
      const value = valueOf(record)
      const known = first.get(name)
      if (known === undefined) first.set(name, value)
      else if (known !== value) found.add(name)
    }
  }
  return found
}

/** The records of these names, by name. */
function group(
  { train, test }: Sides,
  names: ReadonlySet<string>,
  nameOf: (record: ImageRecord) => string | undefined,
  memberOf: (record: ImageRecord) => string,
): [string, Group][] {
  if (names.size === 0) return []
  const groups = new Map<string, Group>()
  for (const side of [train, test]) {
    for (const record of side) {
      const name = nameOf(record)
      if (name === undefined || !names.has(name)) continue
      let found = groups.get(name)
      if (found === undefined) {
        found = { members: new Map(), images: 0, inTrain: false, inTest: false }
        groups.set(name, found)
      }
      const member = memberOf(record)
      let numbers = found.members.get(member)
      if (numbers === undefined) found.members.set(member, (numbers = new Set()))
      if (record.sequence !== undefined) numbers.add(`${record.magnification ?? '-'}/${record.sequence}`)
      found.images++
      if (side === train) found.inTrain = true
      else found.inTest = true
    }
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** How many numbers more than one member has. */
function repeated(members: Iterable<ReadonlySet<string>>): number {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const numbers of members) {
    for (const number of numbers) (seen.has(number) ? twice : seen).add(number)
  }
  return twice.size
}

const common = (name: string, { members, images, inTrain, inTest }: Group): Omit<Collision, 'kind'> => ({
  name,
  members: [...members.keys()].sort(),
  images,
  acrossSides: inTrain && inTest,
})

/** Accessions under several patient ids, then patient ids with several diagnoses; each in the order of the names. */
export function accessionAndPatientCollisions(sides: Sides): Collision[] {
  const accessionOf = (record: ImageRecord): string | undefined => record.accession
  const patientOf = (record: ImageRecord): string => record.patient
  const accessions = group(sides, ambiguous(sides, accessionOf, patientOf), accessionOf, patientOf)
  const patients = group(
    sides,
    ambiguous(sides, patientOf, diagnosis),
    patientOf,
    (record) => record.slide ?? diagnosis(record),
  )
  return [
    ...accessions.map(([name, found]): Collision => ({ kind: 'accession', ...common(name, found) })),
    ...patients.map(([name, found]): Collision => ({
      kind: 'patient',
      ...common(name, found),
      sameNumbers: repeated(found.members.values()),
    })),
  ]
}
