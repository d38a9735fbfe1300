import { describe, expect, it } from 'vitest'
import { splitByGroup, syntheticHistology } from '../../src/data/index.js'
import { ArgumentError, DataError } from '../../src/errors.js'
import { rocAuc } from '../../src/metrics/index.js'
import { colourHistogram, logisticRegression } from '../../scripts/lib/colour-baseline.js'

describe('syntheticHistology', () => {
  it('lists patients of both classes with their magnifications', () => {
    const { records, kind, description } = syntheticHistology()
    expect(kind).toBe('synthetic')
    expect(description).toContain('not real tissue')
    expect(records).toHaveLength(24 * 8)
    expect(new Set(records.map((record) => record.id)).size).toBe(records.length)
    expect(new Set(records.map((record) => record.patient)).size).toBe(24)
    expect(records.filter((record) => record.label === 'malignant')).toHaveLength(14 * 8)
    for (const magnification of [40, 100, 200, 400])
      expect(records.filter((record) => record.magnification === magnification)).toHaveLength(48)
  })

  it('takes the share of benign patients, with one patient of each class at least', () => {
    const labels = (benignShare: number): string[] => [
      ...new Map(
        syntheticHistology({ patients: 8, imagesPerPatient: 1, benignShare }).records.map((r) => [r.patient, r.label]),
      ).values(),
    ]
    for (const [share, benign] of [
      [0, 1],
      [0.25, 2],
      [0.5, 4],
      [1, 7],
    ] as const)
      expect(labels(share).filter((label) => label === 'benign')).toHaveLength(benign)
    expect(() => syntheticHistology({ benignShare: 1.5 })).toThrow('options.benignShare must be a number in [0, 1]')
  })

  it('draws the same pixels for the same seed and record, in any order', async () => {
    const options = { patients: 2, imagesPerPatient: 2, width: 64, height: 48, seed: 7 }
    const one = syntheticHistology(options)
    const two = syntheticHistology(options)
    const last = await one.read(one.records[3]!)
    for (const record of two.records) await two.read(record)
    expect(await two.read(two.records[3]!)).toEqual(last)
    expect(last).toMatchObject({ width: 64, height: 48, channels: 3, maxValue: 255 })
    const other = syntheticHistology({ ...options, seed: 8 })
    expect((await other.read(other.records[3]!)).data).not.toEqual(last.data)
    expect((await one.read(one.records[2]!)).data).not.toEqual(last.data)
  })

  it('looks like haematoxylin and eosin: red and blue above green, nuclei darker than stroma', async () => {
    const { records, read } = syntheticHistology({ patients: 2, imagesPerPatient: 4, seed: 3 })
    for (const record of records) {
      const data = Array.from((await read(record)).data)
      const mean = [0, 1, 2].map(
        (c) => data.reduce((sum, v, i) => (i % 3 === c ? sum + v : sum), 0) / (data.length / 3),
      )
      expect(mean[0]!).toBeGreaterThan(mean[1]!)
      expect(mean[2]!).toBeGreaterThan(mean[1]!)
      const dark = data.filter((v, i) => i % 3 === 0 && v < 0.75 * mean[0]!).length / (data.length / 3)
      expect(dark).toBeGreaterThan(0.05)
      expect(dark).toBeLessThan(0.4)
    }
  })

  it('is no colour trick: histograms do not tell the classes of unseen patients apart', async () => {
    const { records, read } = syntheticHistology({ patients: 20, imagesPerPatient: 6, width: 128, height: 84, seed: 1 })
    const features = new Map<string, Float64Array>()
    for (const record of records) features.set(record.id, colourHistogram(await read(record)))
    const { train, test } = splitByGroup(records, { testFraction: 0.3, seed: 1 })
    const label = (record: { label: string }): number => (record.label === 'malignant' ? 1 : 0)
    const scores = logisticRegression(
      train.map((record) => features.get(record.id)!),
      train.map(label),
      test.map((record) => features.get(record.id)!),
    )
    expect(rocAuc(test.map(label), scores)).toBeLessThan(0.7)
  })

  it('refuses options out of range and foreign records', async () => {
    expect(() => syntheticHistology({ patients: 1 })).toThrow(ArgumentError)
    expect(() => syntheticHistology({ width: 8 })).toThrow('options.width must be an integer >= 32; received 8')
    expect(() => syntheticHistology({ magnifications: [] })).toThrow('options.magnifications')
    expect(() => syntheticHistology({ magnifications: [40, 40] })).toThrow('options.magnifications')
    expect(() => syntheticHistology({ seed: 0.5 })).toThrow('options.seed')
    await expect(syntheticHistology().read({ id: 'foreign', label: 'benign', patient: 'x' })).rejects.toThrow(DataError)
  })
})

describe('logisticRegression', () => {
  it('ranks a separable feature and ignores constants', () => {
    const rows = [-2, -1, 1, 2].map((v) => Float64Array.of(v, 5))
    const scores = logisticRegression(rows, [0, 0, 1, 1], rows)
    expect(scores).toEqual([...scores].sort((a, b) => a - b))
    // scikit-learn 1.2.1, LogisticRegression(C=1) on StandardScaler'd x.
    expect(scores[3]).toBeCloseTo(1.26180912, 6)
  })
})
