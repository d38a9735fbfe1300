import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendName } from '../../src/node/index.js'
import { counterpartOf, type ScientificPython } from '../peers/scientificPython.js'
import { median, ownWorker, startRunner, takeSamples, type Runner } from '../runner.js'
import type { DataRow } from './dataRows.js'

/** One measured row of images, records or scores, as `--json` prints it. */
export interface DataResult {
  readonly name: string
  /** The tfjs backend that computed; null where it is plain JavaScript. */
  readonly backend: string | null
  /** Threads of ours and of the peer; for images that are decoded, how many at a time. */
  readonly threads: number
  /** What is counted. */
  readonly unit: 'images' | 'records' | 'scores'
  /** Images, records or scores in one repetition. */
  readonly count: number
  /** Milliseconds of one repetition, the median; null where it failed. */
  readonly medianMs: number | null
  /** Images, records or scores a second at the median. */
  readonly perSecond: number | null
  /** e in time ~ records^e from the next smaller row of the same kind to this one: 1 is linear. */
  readonly growth: number | null
  /** The largest resident memory of our process, 10^6 bytes. */
  readonly peakMB: number | null
  /** Milliseconds of all cores together in one repetition, the median. */
  readonly cpuMs: number | null
  /** The share of the time that data took, the median; null where there is nothing but data. */
  readonly dataShare: number | null
  /** What it is compared with. */
  readonly peer: string | null
  readonly peerMs: number | null
  readonly peerPerSecond: number | null
  readonly peerGrowth: number | null
  /** Our median over the peer's. */
  readonly ratioToPeer: number | null
  readonly peerPeakMB: number | null
  readonly peerCpuMs: number | null
  /** Milliseconds of each repetition by who computed it, in the order of time. */
  readonly samples: Readonly<Record<string, readonly number[]>>
  /** Largest difference of the peer's result from ours, relative to the largest value. */
  readonly differences: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/** How to measure. */
export interface MeasureDataOptions {
  readonly backend: BackendName
  readonly threads: number
  readonly repeats: number
  /** The Python to compare with. */
  readonly python: ScientificPython | undefined
}

/** Samples of a row are taken no longer than that, so that a million records end in time. */
const seconds = 4

const empty = {
  medianMs: null,
  perSecond: null,
  growth: null,
  peakMB: null,
  cpuMs: null,
  dataShare: null,
  peer: null,
  peerMs: null,
  peerPerSecond: null,
  peerGrowth: null,
  ratioToPeer: null,
  peerPeakMB: null,
  peerCpuMs: null,
  samples: {},
  differences: {},
}

const about = ({ name, unit, data: { count }, usesBackend }: DataRow, backend: string) => ({
  name,
  backend: usesBackend ? backend : null,
  unit,
  count,
})

/** A row that could not be measured: every value is null, and a note says why. */
export function failedDataRow(row: DataRow, backend: string, threads: number, reason: string): DataResult {
  return { ...about(row, backend), threads, ...empty, notes: [`${row.name}: ${reason}`] }
}

/** Measures one row in turn with its peer, where there is one: ours, Pillow, ours, ... */
export async function measureData(row: DataRow, options: MeasureDataOptions): Promise<DataResult> {
  const { backend, threads, repeats, python } = options
  const folder = mkdtempSync(join(tmpdir(), 'esrgan-scnn-bench-'))
  const notes: string[] = []
  const differences: Record<string, number> = {}
  const runners: Runner[] = []
  try {
    const ours = startRunner('ours', ...ownWorker('data'))
    runners.push(ours)
    const answer = await ours.peer.ask('setup', { row, backend, threads, folder })
    const used = answer['threads'] as number
    notes.push(`${row.name.replace(/-1e\d$/, '')}: ${answer['about']}`)
    if (answer['description'] !== undefined) notes.push(`${answer['description']}, Node ${process.version}`)

    const counterpart = counterpartOf(row.data)
    let peer: Runner | undefined
    if (counterpart !== undefined && python === undefined) {
      notes.push(
        'peers of the data: not found (looked for Pillow, SciPy and scikit-learn in /usr/bin/python3 and python3)',
      )
    } else if (counterpart !== undefined && python !== undefined) {
      peer = startRunner(counterpart.package, python.python, ['bench/peers/data_worker.py'])
      runners.push(peer)
      const { difference } = await peer.peer.ask('setup', { spec: row.data, threads: used, folder })
      if (!((difference as number) <= counterpart.tolerance)) {
        throw new Error(
          `${row.name}: ${counterpart.package} computes something else, relative difference ${difference}`,
        )
      }
      differences[counterpart.package] = difference as number
      notes.push(`${counterpart.package} ${python.versions[counterpart.package]}, ${python.python}`)
    }

    const busy = await takeSamples(runners, { repeats, seconds })
    notes.push(...busy.map((note) => `${row.name}, threads: ${used}: ${note}`))
    const medianMs = median(ours.samples)
    const peerMs = peer === undefined ? null : median(peer.samples)
    const perSecond = (ms: number): number => (1000 * row.data.count) / ms
    return {
      ...about(row, backend),
      ...empty,
      threads: used,
      medianMs,
      perSecond: perSecond(medianMs),
      peakMB: ours.peakMB,
      cpuMs: median(ours.cpu),
      dataShare: ours.dataShares.length === 0 ? null : median(ours.dataShares),
      ...(peer === undefined || peerMs === null
        ? {}
        : {
            peer: `${peer.name} ${counterpart!.name}`,
            peerMs,
            peerPerSecond: perSecond(peerMs),
            ratioToPeer: medianMs / peerMs,
            peerPeakMB: peer.peakMB,
            peerCpuMs: median(peer.cpu),
          }),
      samples: Object.fromEntries(runners.map(({ name, samples }) => [name, samples])),
      differences,
      notes,
    }
  } finally {
    await Promise.all(runners.map(({ peer }) => peer.close()))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The kind of a row of records: its name without the number of records. */
const familyOf = (name: string): string => name.replace(/-1e\d$/, '')

/** The results with the growth from the next smaller row of each kind, ours and the peer's. */
export function withGrowth(results: readonly DataResult[]): DataResult[] {
  const exponent = (ms: number | null, smallerMs: number | null, ratio: number): number | null =>
    ms === null || smallerMs === null ? null : Math.log(ms / smallerMs) / Math.log(ratio)
  return results.map((result) => {
    const smaller = results
      .filter(
        ({ unit, name, count }) =>
          unit !== 'images' && familyOf(name) === familyOf(result.name) && count < result.count,
      )
      .toSorted((a, b) => b.count - a.count)[0]
    if (smaller === undefined) return result
    const ratio = result.count / smaller.count
    return {
      ...result,
      growth: exponent(result.medianMs, smaller.medianMs, ratio),
      peerGrowth: exponent(result.peerMs, smaller.peerMs, ratio),
    }
  })
}
