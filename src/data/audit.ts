import type { ImageRecord } from './source.js'
import type { Split } from './splits.js'

/** Which parts of the split stand on both sides. */
export interface LeakageAudit {
  /** The names found in training and in test, sorted. */
  readonly groupsOnBothSides: {
    /** Image ids: the same record twice. */
    readonly images: readonly string[]
    /** Patient ids. */
    readonly patients: readonly string[]
    /** Slides, where known. */
    readonly slides: readonly string[]
    /** Accession numbers (patient ids without letter suffix), where known. */
    readonly accessions: readonly string[]
  }
  /** Test images whose patient is also trained on. */
  readonly leakedTestImages: number
  /** All test images. */
  readonly testImages: number
  /** Whether no image, patient, slide or accession is on both sides. */
  readonly clean: boolean
}

function shared(split: Pick<Split, 'train' | 'test'>, name: (record: ImageRecord) => string | undefined): string[] {
  const train = new Set(split.train.map(name))
  return [...new Set(split.test.map(name))].filter((n) => n !== undefined && train.has(n)).sort() as string[]
}

/** Lists the images, patients, slides and accessions that stand on both sides of a split. */
export function auditLeakage(split: Pick<Split, 'train' | 'test'>): LeakageAudit {
  const groupsOnBothSides = {
    images: shared(split, (record) => record.id),
    patients: shared(split, (record) => record.patient),
    slides: shared(split, (record) => record.slide),
    accessions: shared(split, (record) => record.accession),
  }
  const patients = new Set(groupsOnBothSides.patients)
  return {
    groupsOnBothSides,
    leakedTestImages: split.test.filter((record) => patients.has(record.patient)).length,
    testImages: split.test.length,
    clean: Object.values(groupsOnBothSides).every((names) => names.length === 0),
  }
}
