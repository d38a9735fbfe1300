import { magnifications, type ImageRecord, type Magnification } from './source.js'

/** Number of images at each magnification. */
export type MagnificationCounts = Readonly<Record<Magnification, number>>

/** One row of the table. */
export interface TableRow {
  /** Images at each magnification. */
  readonly counts: MagnificationCounts
  /** All images of the row, also those without a magnification. */
  readonly sum: number
  /** What the paper calls patients: distinct slides (distinct patients where slides are unknown). */
  readonly patients: number
}

/** Counts of a data set in the layout of the paper's Table I. */
export interface Table {
  /** The benign images. */
  readonly benign: TableRow
  /** The malignant images. */
  readonly malignant: TableRow
  /** All images. */
  readonly total: TableRow
  /** Images of each tumour type at each magnification; records without a subtype are left out. */
  readonly subtypes: Readonly<Record<string, MagnificationCounts>>
}

function count(records: readonly ImageRecord[]): MagnificationCounts {
  const counts: Record<Magnification, number> = { 40: 0, 100: 0, 200: 0, 400: 0 }
  for (const { magnification } of records) if (magnification !== undefined) counts[magnification]++
  return counts
}

function row(records: readonly ImageRecord[]): TableRow {
  const slides = new Set(records.map((record) => record.slide ?? record.patient))
  return { counts: count(records), sum: records.length, patients: slides.size }
}

/** Counts the records by class and magnification, by subtype, and the slides ("patients"), as the paper's Table I does. */
export function tableI(records: readonly ImageRecord[]): Table {
  const bySubtype = new Map<string, ImageRecord[]>()
  for (const record of records) {
    if (record.subtype === undefined) continue
    const same = bySubtype.get(record.subtype)
    if (same === undefined) bySubtype.set(record.subtype, [record])
    else same.push(record)
  }
  return {
    benign: row(records.filter((record) => record.label === 'benign')),
    malignant: row(records.filter((record) => record.label === 'malignant')),
    total: row(records),
    // An own property each, whatever the name: `__proto__` too.
    subtypes: Object.fromEntries([...bySubtype].map(([subtype, members]) => [subtype, count(members)])),
  }
}

const published = (values: readonly number[]): MagnificationCounts =>
  Object.fromEntries(magnifications.map((magnification, i) => [magnification, values[i]!])) as MagnificationCounts

/**
 * Table I of the paper (Nneji et al. 2021), with the subtypes of BreaKHis (Spanhol et al. 2016). The official
 * site's 652 for benign at 40x is a misprint.
 */
export const publishedTableI: Table = {
  benign: { counts: published([625, 644, 623, 588]), sum: 2480, patients: 24 },
  malignant: { counts: published([1370, 1437, 1390, 1232]), sum: 5429, patients: 58 },
  total: { counts: published([1995, 2081, 2013, 1820]), sum: 7909, patients: 82 },
  subtypes: {
    A: published([114, 113, 111, 106]),
    F: published([253, 260, 264, 237]),
    PT: published([109, 121, 108, 115]),
    TA: published([149, 150, 140, 130]),
    DC: published([864, 903, 896, 788]),
    LC: published([156, 170, 163, 137]),
    MC: published([205, 222, 196, 169]),
    PC: published([145, 142, 135, 138]),
  },
}

/** How many distinct slides, patients and accessions there are; what is not known of a record is not counted. */
export interface GroupTotals {
  /** Slides; 82 in BreaKHis, which the paper calls patients. */
  readonly slides: number
  /** Patient ids; 81 in BreaKHis: 14-13412 has slides of two tumour types. */
  readonly patients: number
  /** Accessions, patient ids without their letter suffix; 70 in BreaKHis. */
  readonly accessions: number
}

/** Counts the distinct slides, patients and accessions of the records. */
export function countGroups(records: readonly ImageRecord[]): GroupTotals {
  const distinct = (name: (record: ImageRecord) => string | undefined): number => {
    const names = new Set(records.map(name))
    return names.size - Number(names.has(undefined))
  }
  return {
    slides: distinct(({ slide }) => slide),
    patients: distinct(({ patient }) => patient),
    accessions: distinct(({ accession }) => accession),
  }
}
