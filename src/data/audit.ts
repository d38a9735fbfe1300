import { findCollisions, type Collision } from './collisions.js'
import { compareText } from './compareText.js'
import type { ImageRecord } from './source.js'

/** A name that stands on both sides of a split, with its images on each. */
export interface SharedName {
  /** The image's id, or the slide's, the patient's or the accession's name. */
  readonly name: string
  /** Images of that name to learn from. */
  readonly train: number
  /** Images of that name to be judged by. */
  readonly test: number
}

/** What the names alone say about a split. Plain data: it can be written as JSON. */
export interface LeakageAudit {
  /** What stands in training and in test, each list in the order of the names. */
  readonly onBothSides: {
    /** Image ids: the same record twice. */
    readonly images: readonly SharedName[]
    /** Slides, where known. */
    readonly slides: readonly SharedName[]
    /** Patient ids. */
    readonly patients: readonly SharedName[]
    /** Accession numbers (patient ids without letter suffix), where known. */
    readonly accessions: readonly SharedName[]
  }
  /** Names that do not say what they seem to: several patient ids may be one person, one id may be several. */
  readonly collisions: readonly Collision[]
  /** Test images whose patient is also trained on. */
  readonly leakedTestImages: number
  /** All test images. */
  readonly testImages: number
  /** Whether no image, slide, patient or accession is on both sides. */
  readonly clean: boolean
}

/** Two sides of a data set. */
export interface Sides {
  /** Records to learn from. */
  readonly train: readonly ImageRecord[]
  /** Records to be judged by. */
  readonly test: readonly ImageRecord[]
}

function shared({ train, test }: Sides, nameOf: (record: ImageRecord) => string | undefined): SharedName[] {
  // Only names that stand on both sides are counted: most splits have none, and a million counts cost seconds.
  const tested = new Set(test.map(nameOf))
  const counts = new Map<string, { train: number; test: number }>()
  for (const record of train) {
    const name = nameOf(record)
    if (name === undefined || !tested.has(name)) continue
    const count = counts.get(name)
    if (count === undefined) counts.set(name, { train: 1, test: 0 })
    else count.train++
  }
  if (counts.size === 0) return []
  for (const record of test) {
    const name = nameOf(record)
    const count = name === undefined ? undefined : counts.get(name)
    if (count !== undefined) count.test++
  }
  return [...counts].map(([name, count]) => ({ name, ...count })).sort((a, b) => compareText(a.name, b.name))
}

/**
 * Lists the images, slides, patients and accessions that stand on both sides of a split, and the names that collide in
 * the whole set. Looks at names only, in time proportional to the records; `auditImages` compares the pictures too.
 */
export function auditLeakage({ train, test }: Sides): LeakageAudit {
  const sides = { train, test }
  const onBothSides = {
    images: shared(sides, (record) => record.id),
    slides: shared(sides, (record) => record.slide),
    patients: shared(sides, (record) => record.patient),
    accessions: shared(sides, (record) => record.accession),
  }
  return {
    onBothSides,
    collisions: findCollisions(sides),
    leakedTestImages: onBothSides.patients.reduce((sum, patient) => sum + patient.test, 0),
    testImages: test.length,
    clean: Object.values(onBothSides).every((names) => names.length === 0),
  }
}
