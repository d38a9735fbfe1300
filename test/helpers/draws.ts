import {
  balanceByAugmentation,
  drawDegradation,
  kFold,
  mPerClassSampler,
  pairSampler,
  splitRecords,
  syntheticHistology,
  tripletSampler,
  type ImageRecord,
} from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'

const records: readonly ImageRecord[] = syntheticHistology({ patients: 40, imagesPerPatient: 9, seed: 3 }).records
/** The same, two patients to an accession. */
const accessioned = records.map((record) => ({
  ...record,
  accession: `${record.label}-${Math.floor(Number(record.patient.slice(-2)) / 2)}`,
}))
const labels = records.map(({ label }) => (label === 'malignant' ? 1 : 0))
const groups = records.map(({ patient }) => patient)

/** Typed arrays as lists, so that JSON shows their values. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (ArrayBuffer.isView(part) ? Array.from(part as Int32Array) : part))

/** Everything that the package draws by a seed, by name, as text or as bytes. */
const draws: Readonly<Record<string, () => Promise<string | Uint8Array> | string>> = {
  'split by image': () => plain(splitRecords(records, 'image', { seed: 5 })),
  'split by patient': () => plain(splitRecords(records, 'patient', { seed: 5 })),
  'split by accession': () => plain(splitRecords(accessioned, 'accession', { seed: 5 })),
  'folds by patient': () => plain(kFold(records, { folds: 4, by: 'patient', seed: 5 })),
  'balanced copies': () => plain(balanceByAugmentation(splitRecords(records, 'patient', { seed: 5 }), { seed: 6 })),
  pairs: () => plain([...pairSampler(labels, { groups, samePatient: 'forbid', seed: 7 }).epoch(2)]),
  triplets: () => plain([...tripletSampler(labels, { groups, samePatient: 'forbid', seed: 7 }).epoch(2)]),
  'm per class': () => plain([...mPerClassSampler(labels, { perClass: 4, seed: 7 }).epoch(2)]),
  degradations: () => {
    const ranges = { blur: [0.2, 2] as const, noise: [0, 0.1] as const, jpeg: { quality: [30, 95] as const } }
    return plain(Array.from({ length: 50 }, (_, i) => drawDegradation(createRandom(8, 'test', i), ranges)))
  },
  'normal numbers': () => {
    const random = createRandom(9, 'test')
    return plain(Array.from({ length: 1000 }, () => random.normal()))
  },
  'a drawn image': async () => {
    const source = syntheticHistology({ patients: 2, imagesPerPatient: 1, width: 96, height: 64, seed: 10 })
    return (await source.read(source.records[1]!)).data as Uint8Array
  },
}

/** SHA-256 of each draw. Equal wherever the code runs. */
export async function digestDraws(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  for (const [name, draw] of Object.entries(draws)) {
    const drawn = await draw()
    const bytes = typeof drawn === 'string' ? new TextEncoder().encode(drawn) : drawn
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
    digests[name] = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  return digests
}
