import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  auditLeakage,
  findDuplicates,
  kFold,
  mPerClassSampler,
  pairSampler,
  splitByGroup,
  splitByImage,
  tripletSampler,
  type ImageRecord,
  type Split,
} from '../../src/data/index.js'
import type { RecordsSpec } from './dataRows.js'
import { numbers, type Numbers } from '../tensorFolder.js'
import type { DataWork } from './dataWork.js'
import { madeUpRecords } from './madeUpRecords.js'
import { copyEvery, madeUpSignatures } from './madeUpSignatures.js'

const testFraction = 0.2

const isMalignant = ({ label }: ImageRecord): boolean => label === 'malignant'

/**
 * Records, those of the test sets, and the malignant ones of these: what a peer must come near. Throws where the splits
 * are not what they say: each side of each, once, and for patients no patient on both.
 */
function sizesOf(records: readonly ImageRecord[], splits: readonly Split[]): Numbers {
  for (const { kind, train, test } of splits) {
    if (train.length + test.length !== records.length) throw new Error('a split has lost records')
    const patients = new Set(train.map(({ patient }) => patient))
    if (kind === 'patient' && test.some(({ patient }) => patients.has(patient)))
      throw new Error('a patient is on both sides')
  }
  const tested = splits.flatMap(({ test }) => test)
  return numbers([3], [records.length, tested.length, tested.filter(isMalignant).length])
}

/** Makes every batch of an epoch; they are made when they are asked for. */
function goThrough(batches: Iterable<unknown>): void {
  let count = 0
  for (const batch of batches) if (batch !== undefined) count++
  if (count === 0) throw new Error('an epoch has no batch')
}

/** A sampler made, and its first epoch. */
const epochOf = {
  pairs: (labels: readonly number[], groups: readonly string[]): Iterable<unknown> =>
    pairSampler(labels, { groups, samePatient: 'forbid' }).epoch(0),
  triplets: (labels: readonly number[], groups: readonly string[]): Iterable<unknown> =>
    tripletSampler(labels, { groups, samePatient: 'forbid' }).epoch(0),
  'm-per-class': (labels: readonly number[], groups: readonly string[]): Iterable<unknown> =>
    mPerClassSampler(labels, { perClass: 16, groups, perGroup: 4 }).epoch(0),
}

/** Labels and patients, one a line, for a peer. */
function writeNames(records: readonly ImageRecord[], folder: string): void {
  writeFileSync(join(folder, 'labels.txt'), records.map(({ label }) => label).join('\n'))
  writeFileSync(join(folder, 'patients.txt'), records.map(({ patient }) => patient).join('\n'))
}

/** The search for pictures that are the same, in signatures with as many copies as are known. */
function duplicatesWork(count: number): DataWork {
  const signatures = madeUpSignatures(count)
  const expected = Math.floor(count / copyEvery)
  return {
    about: 'made-up signatures, one in a hundred of a copy',
    result: async () => undefined,
    async run() {
      const { groups } = findDuplicates(signatures)
      if (groups.length !== expected) throw new Error(`${groups.length} copies were found, not ${expected}`)
    },
    dispose() {},
  }
}

/** What a row of records measures, ready to run; names that peers need too are written to `folder`. */
export async function createRecordWork({ kind, count }: RecordsSpec, folder: string): Promise<DataWork> {
  if (kind === 'duplicates') return duplicatesWork(count)
  const records = madeUpRecords(count)
  const base = {
    about: 'made-up records, 60 to 140 a patient',
    result: async (): Promise<Numbers | undefined> => undefined,
    dispose() {},
  }
  switch (kind) {
    case 'split-image':
    case 'split-patient':
    case 'k-fold': {
      const split = (): Split[] =>
        kind === 'k-fold'
          ? kFold(records, { folds: 5, by: 'patient' })
          : [(kind === 'split-image' ? splitByImage : splitByGroup)(records, { testFraction })]
      writeNames(records, folder)
      return { ...base, result: async () => sizesOf(records, split()), run: async () => void split() }
    }
    case 'audit': {
      const split = splitByImage(records, { testFraction })
      return { ...base, run: async () => void auditLeakage(split) }
    }
    case 'pairs':
    case 'triplets':
    case 'm-per-class': {
      const labels = records.map((record) => (isMalignant(record) ? 1 : 0))
      const groups = records.map(({ patient }) => patient)
      return { ...base, run: async () => goThrough(epochOf[kind](labels, groups)) }
    }
  }
}
