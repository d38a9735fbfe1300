import { auditLeakage, type LeakageAudit } from './audit.js'
import type { Collision } from './collisions.js'
import { findDuplicates, type DuplicateGroup } from './duplicates.js'
import type { ImageSignature } from './imageSignature.js'
import type { ImageRecord, Label } from './source.js'
import type { Split } from './splits.js'
import { tableI, type Table } from './table.js'

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
      readonly kind: 'image' | 'patient' | 'accession'
      /** That name. */
      readonly name: string
    }
  | {
      /** One picture in several images. */
      readonly kind: 'duplicate'
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
  /** Patient ids that may be one person, and ids with two diagnoses. */
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
  } | null
  /**
   * What makes the test side less than unseen; empty = clean. Images and patients on both sides, accessions too where
   * the split is by accession, and pictures on both sides. An image-level split promises none of it.
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
  const byId = new Map(records.map((record) => [record.id, record]))
  const train = new Set(split?.train.map(({ id }) => id))
  const test = new Set(split?.test.map(({ id }) => id))
  return groups.map((group) => {
    const known = group.images.flatMap((id) => byId.get(id) ?? [])
    const learned = group.images.filter((id) => train.has(id)).length
    const judged = group.images.filter((id) => test.has(id)).length
    return {
      ...group,
      patients: [...new Set(known.map(({ patient }) => patient))].sort(),
      labels: [...new Set(known.map(({ label }) => label))].sort(),
      train: learned,
      test: judged,
      acrossSides: learned > 0 && judged > 0,
    }
  })
}

function leaksOf(
  kind: Split['kind'],
  { images, patients, accessions }: LeakageAudit['onBothSides'],
  duplicates: readonly AuditedDuplicates[],
): Leak[] {
  const leaks: Leak[] = images.map((name) => ({ kind: 'image', ...name }))
  // A group of the caller's may be smaller than a patient by intention.
  if (kind !== 'group') leaks.push(...patients.map((name): Leak => ({ kind: 'patient', ...name })))
  if (kind === 'accession') leaks.push(...accessions.map((name): Leak => ({ kind: 'accession', ...name })))
  // The weakest kind first: its groups hold those of the stronger kinds.
  const told = new Set<string>()
  for (const { acrossSides, images: group, train, test } of duplicates.toReversed()) {
    if (!acrossSides || told.has(group[0]!)) continue
    for (const id of group) told.add(id)
    leaks.push({ kind: 'duplicate', images: group, train, test })
  }
  return leaks
}

const distinct = (records: readonly ImageRecord[], key: 'slide' | 'patient' | 'accession'): number =>
  new Set(records.map((record) => record[key]).filter((name) => name !== undefined)).size

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
  const { onBothSides, leakedTestImages } = auditLeakage(split ?? { train: [], test: [] })
  const { collisions } = auditLeakage(split ?? { train: records, test: [] })
  return {
    images: records.length,
    tableI: tableI(records),
    slides: distinct(records, 'slide'),
    patients: distinct(records, 'patient'),
    accessions: distinct(records, 'accession'),
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
          },
    leaks: split === undefined ? [] : leaksOf(split.kind, onBothSides, duplicates),
    unreadable,
  }
}
