import { auditLeakage, type LeakageAudit, type SharedName } from './audit.js'
import type { Collision } from './collisions.js'
import { findDuplicates, type DuplicateGroup } from './duplicates.js'
import type { ImageSignature } from './imageSignature.js'
import type { ImageRecord, Label } from './source.js'
import type { Split } from './splits.js'
import { countGroups, tableI, type Table } from './table.js'

/** Images that are one picture, and where they stand. */
export interface AuditedDuplicates extends DuplicateGroup {
  /** Whose images they are, sorted. More than one: one picture under two names. */
  readonly patients: readonly string[]
  /** What they are labelled. Two: one of them is wrong. */
  readonly labels: readonly Label[]
  /** How many of them are to learn from. */
  readonly train: number
  /** How many of them are to be judged by. */
  readonly test: number
  /** Whether they are on both sides of the split. */
  readonly acrossSides: boolean
  /** Whether a larger group of a weaker kind holds them: to count pictures, count the groups that are not nested. */
  readonly nested: boolean
}

/** Something that stands on both sides of the split and should not. */
export type Leak = {
  /** Its images to learn from. */
  readonly train: number
  /** Its images to be judged by. */
  readonly test: number
} & (
  | {
      /** A name. */
      readonly kind: 'image' | 'patient' | 'slide' | 'accession'
      /** That name. */
      readonly name: string
    }
  | {
      /** One picture in several images. */
      readonly kind: 'duplicate'
      /** How they are known to be one; where they are so in several ways, the weakest. */
      readonly match: DuplicateGroup['kind']
      /** Their ids. */
      readonly images: readonly string[]
    }
)

/** Everything that the audit of a data set found. Plain data: it can be written as JSON. */
export interface DataAudit {
  /** Images in all, but for the unreadable. */
  readonly images: number
  /** Images by class and magnification. */
  readonly tableI: Table
  /** Distinct slides, where known. */
  readonly slides: number
  /** Distinct patient ids. */
  readonly patients: number
  /** Distinct accession numbers, where known. */
  readonly accessions: number
  /** Images of which one of these is not known, so that nothing is said of it. */
  readonly unknown: {
    /** Images without a slide. */
    readonly slides: number
    /** Images without an accession number. */
    readonly accessions: number
  }
  /** Patient ids that may be one person, slides of several patients, and ids with several diagnoses. */
  readonly collisions: readonly Collision[]
  /** Every group of duplicates in the whole set. */
  readonly duplicates: readonly AuditedDuplicates[]
  /** How the pictures were compared; null where only names were looked at. */
  readonly pictures: {
    /** Images that were compared. */
    readonly compared: number
    /** Blank ones among them, which are compared for identity only. */
    readonly blank: number
    /** Images with so many similar ones that not all were compared with them. */
    readonly crowded: number
  } | null
  /** The split that was audited; null where there was none. */
  readonly split: {
    /** What it keeps whole. */
    readonly kind: Split['kind']
    /** Images to learn from. */
    readonly train: number
    /** Images to be judged by. */
    readonly test: number
    /** The names on both sides, whether the split promises otherwise or not. */
    readonly onBothSides: LeakageAudit['onBothSides']
    /** Test images whose patient is also trained on. */
    readonly leakedTestImages: number
    /** Test images that a leak concerns. */
    readonly testImagesInLeaks: number
  } | null
  /**
   * What makes the test side less than unseen; empty = clean. Images, patients and pictures on both sides; slides too
   * where the split is by patient or accession, or official; accessions where it is by accession. An image-level split
   * promises none of it.
   */
  readonly leaks: readonly Leak[]
  /** Images that could not be read, with the reason: nothing is known of them but their names, and they count nowhere else. */
  readonly unreadable: readonly {
    /** The id. */
    readonly image: string
    /** The reason. */
    readonly problem: string
  }[]
}

/** What {@link auditRecords} takes. */
export interface AuditRecordsOptions {
  /** The split to audit; default none. */
  readonly split?: Pick<Split, 'kind' | 'train' | 'test'>
  /** The images' signatures, to compare the pictures; default only names are looked at. */
  readonly signatures?: readonly ImageSignature[]
  /** Images that could not be read. */
  readonly unreadable?: DataAudit['unreadable']
}

function placed(
  groups: readonly DuplicateGroup[],
  records: readonly ImageRecord[],
  split: AuditRecordsOptions['split'],
): AuditedDuplicates[] {
  if (groups.length === 0) return []
  const byId = new Map(records.map((record) => [record.id, record]))
  const train = new Set(split?.train.map(({ id }) => id))
  const test = new Set(split?.test.map(({ id }) => id))
  // The weakest kind last: its groups hold those of the stronger kinds, or have nothing in common with them.
  const held = new Set<string>()
  const place = (group: DuplicateGroup): AuditedDuplicates => {
    const known = group.images.flatMap((id) => byId.get(id) ?? [])
    const learned = group.images.filter((id) => train.has(id)).length
    const judged = group.images.filter((id) => test.has(id)).length
    const nested = held.has(group.images[0]!)
    for (const id of group.images) held.add(id)
    return {
      ...group,
      patients: [...new Set(known.map(({ patient }) => patient))].sort(),
      labels: [...new Set(known.map(({ label }) => label))].sort(),
      train: learned,
      test: judged,
      acrossSides: learned > 0 && judged > 0,
      nested,
    }
  }
  return groups.toReversed().map(place).toReversed()
}

/** The names on both sides that are leaks of a split of this kind. */
function leakingNames(
  kind: Split['kind'],
  { images, patients, slides, accessions }: LeakageAudit['onBothSides'],
): readonly [kind: 'image' | 'patient' | 'slide' | 'accession', names: readonly SharedName[]][] {
  return [
    ['image', images],
    // A group of the caller's may be smaller than a patient by intention.
    ['patient', kind === 'group' ? [] : patients],
    // By image, nothing is promised, and a slide's patient says nearly all of it.
    ['slide', kind === 'group' || kind === 'image' ? [] : slides],
    ['accession', kind === 'accession' ? accessions : []],
  ]
}

function findLeaks(
  { kind, test }: NonNullable<AuditRecordsOptions['split']>,
  onBothSides: LeakageAudit['onBothSides'],
  duplicates: readonly AuditedDuplicates[],
): { leaks: Leak[]; testImagesInLeaks: number } {
  const named = leakingNames(kind, onBothSides)
  const pictures = duplicates.filter(({ acrossSides, nested }) => acrossSides && !nested)
  const leaks = [
    ...named.flatMap(([of, names]) => names.map((name): Leak => ({ kind: of, ...name }))),
    ...pictures.map(({ kind: match, images, train, test: judged }): Leak => ({
      kind: 'duplicate',
      match,
      images,
      train,
      test: judged,
    })),
  ]
  const copies = new Set(pictures.flatMap(({ images }) => images))
  const sets = named.map(([of, names]) => [of, new Set(names.map(({ name }) => name))] as const)
  const isConcerned = (record: ImageRecord): boolean =>
    copies.has(record.id) ||
    sets.some(([of, names]) => {
      const name = of === 'image' ? record.id : record[of]
      return name !== undefined && names.has(name)
    })
  return { leaks, testImagesInLeaks: leaks.length === 0 ? 0 : test.filter(isConcerned).length }
}

/**
 * The audit of a data set whose images were read elsewhere, or of names alone: {@link auditImages} without reading. In
 * time nearly proportional to the records.
 */
export function auditRecords(
  records: readonly ImageRecord[],
  { split, signatures, unreadable = [] }: AuditRecordsOptions = {},
): DataAudit {
  const found = signatures === undefined ? undefined : findDuplicates(signatures)
  const duplicates = placed(found?.groups ?? [], records, split)
  const { onBothSides, leakedTestImages, collisions } = auditLeakage(split ?? { train: records, test: [] })
  const { leaks, testImagesInLeaks } =
    split === undefined ? { leaks: [], testImagesInLeaks: 0 } : findLeaks(split, onBothSides, duplicates)
  return {
    images: records.length,
    tableI: tableI(records),
    ...countGroups(records),
    unknown: {
      slides: records.filter(({ slide }) => slide === undefined).length,
      accessions: records.filter(({ accession }) => accession === undefined).length,
    },
    collisions,
    duplicates,
    pictures: found === undefined ? null : { compared: signatures!.length, blank: found.blank, crowded: found.crowded },
    split:
      split === undefined
        ? null
        : {
            kind: split.kind,
            train: split.train.length,
            test: split.test.length,
            onBothSides,
            leakedTestImages,
            testImagesInLeaks,
          },
    leaks,
    unreadable,
  }
}
