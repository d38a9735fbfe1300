import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataRows, type DataRow, type DataSpec } from '../../bench/data/dataRows.js'
import { imagesTable, recordsTable } from '../../bench/data/dataTables.js'
import { createDataWork } from '../../bench/data/dataWorker.js'
import { madeUpRecords } from '../../bench/data/madeUpRecords.js'
import { failedDataRow, withGrowth, type DataResult } from '../../bench/data/measureData.js'
import { counterpartOf } from '../../bench/peers/scientificPython.js'
import { useBackend } from '../helpers/backend.js'

const folder = mkdtempSync(join(tmpdir(), 'bench-test-'))
beforeAll(() => useBackend('wasm'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every kind of row once, small; images of another size than BreaKHis' are drawn. */
const small: readonly DataRow[] = [...new Map(dataRows.map((row) => [row.data.kind, row])).values()].map((row) => ({
  ...row,
  data: 'width' in row.data ? { ...row.data, count: 2, width: 64, height: 40 } : { ...row.data, count: 2000 },
}))

const withData = (result: DataResult, changed: Partial<DataResult>): DataResult => ({ ...result, ...changed })

describe.each(small.map((row) => [row.data.kind, row] as const))('%s', (_, row) => {
  it('runs again and again without leaving a tensor, and gives its peer something to compare with', async () => {
    const before = tf.memory().numTensors
    const work = await createDataWork(row, mkdtempSync(join(folder, 'row-')), 2)
    try {
      const result = await work.result()
      expect(result !== undefined || counterpartOf(row.data) === undefined).toBe(true)
      const values = await result?.data()
      expect(values === undefined || values.length === result!.shape.reduce((product, n) => product * n)).toBe(true)
      expect(work.about).not.toBe('')
      const between = tf.memory().numTensors
      for (let i = 0; i < 2; i++) await work.run()
      expect(tf.memory().numTensors).toBe(between)
    } finally {
      work.dispose()
    }
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('the peers in Python', () => {
  it('answer for every row that has a counterpart', () => {
    const worker = readFileSync('bench/peers/data_worker.py', 'utf8')
    for (const { data } of small) {
      expect(worker.includes(`"${data.kind}": `), data.kind).toBe(counterpartOf(data) !== undefined)
    }
  })
})

describe('made-up records', () => {
  it('are as many as asked for, each once, with 60 to 140 a patient, one class a patient', () => {
    const records = madeUpRecords(5000)
    expect(records).toHaveLength(5000)
    expect(new Set(records.map(({ id }) => id)).size).toBe(5000)
    const labels = new Map<string, Set<string>>()
    const sizes = new Map<string, number>()
    for (const { patient, label } of records) {
      labels.set(patient, (labels.get(patient) ?? new Set()).add(label))
      sizes.set(patient, (sizes.get(patient) ?? 0) + 1)
    }
    expect([...labels.values()].every((each) => each.size === 1)).toBe(true)
    const whole = [...sizes.values()].slice(0, -1)
    expect(Math.min(...whole)).toBeGreaterThanOrEqual(60)
    expect(Math.max(...whole)).toBeLessThanOrEqual(140)
    expect(madeUpRecords(5000)).toEqual(records)
    // A larger set begins with the smaller one.
    expect(madeUpRecords(6000).slice(0, 5000)).toEqual(records)
  })
})

describe('growth', () => {
  const row = (name: string, count: number, medianMs: number | null, peerMs: number | null): DataResult => {
    const spec: DataSpec = { kind: 'audit', count }
    const about = { name, data: spec, unit: 'records', usesBackend: false, usesThreads: false } as const
    return withData(failedDataRow(about, 'wasm', 1, 'made up'), { medianMs, peerMs })
  }

  it('is the exponent from the next smaller row of the same kind', () => {
    const measured = [
      row('data-a-1e4', 1e4, 30, 10),
      row('data-a-1e3', 1e3, 3, 0.1),
      row('data-b-1e4', 1e4, 7, null),
      row('data-a-1e6', 1e6, 300_000, 1000),
      row('data-c-1e3', 1e3, null, null),
      row('data-c-1e4', 1e4, 5, null),
    ]
    const growths = withGrowth(measured).map(({ growth, peerGrowth }) => [growth, peerGrowth])
    expect(growths[0]![0]).toBeCloseTo(1, 12)
    expect(growths[0]![1]).toBeCloseTo(2, 12)
    expect(growths[1]).toEqual([null, null])
    expect(growths[2]).toEqual([null, null])
    expect(growths[3]![0]).toBeCloseTo(2, 12)
    expect(growths[3]![1]).toBeCloseTo(1, 12)
    expect(growths[5]).toEqual([null, null])
  })

  it('stands in the table of records, beside the notes', () => {
    const text = recordsTable(withGrowth([row('data-a-1e3', 1e3, 3, null), row('data-a-1e4', 1e4, 60, null)]))
    const line = text.split('\n').find((each) => each.includes('data-a-1e4'))!
    expect(line.split('|').map((cell) => cell.trim())).toEqual(expect.arrayContaining(['60.0', '1.30', '–']))
    expect(text).toContain('- data-a-1e3: made up')
  })
})

describe('a measured row', () => {
  it('that fails has null values, a dash in the table, and says why', () => {
    const row = dataRows[0]!
    const failed = failedDataRow(row, 'wasm', 2, 'no such thing')
    expect(failed).toMatchObject({ name: row.name, backend: null, medianMs: null, perSecond: null, peer: null })
    expect(imagesTable([failed])).toContain('no such thing')
    expect(imagesTable([failed])).toMatch(/–/)
  })
})
