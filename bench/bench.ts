/**
 * Speed of convolutions, training steps, inference and of the data, in turn with PyTorch, onnxruntime and SciPy's relatives:
 * docs/benchmarks.md.
 *
 *   npm run bench -- [--only NAME]... [--backend wasm]... [--threads 1,2] [--repeats 5] [--json] [--profile] [--write]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { BackendName } from '../src/node/index.js'
import type { DataRow } from './data/dataRows.js'
import { imagesTable, recordsTable, scoresTable } from './data/dataTables.js'
import { serveData } from './data/dataWorker.js'
import { failedDataRow, measureData, withGrowth, type DataResult } from './data/measureData.js'
import { failedRow, measureRow, type Result } from './measure.js'
import { installOnnxRuntime, serveOnnxRuntime } from './peers/onnxruntime.js'
import { findScientificPython } from './peers/scientificPython.js'
import { findTorch } from './peers/torch.js'
import { isDataRow, rows, selectRows, type NetworkRow } from './rows.js'
import { profileText, table } from './table.js'
import { serveTFJS } from './tfjsWorker.js'
import { writeResults } from './writeResults.js'

/** Says what is wrong with the command line. */
function refuse(message: string): never {
  console.error(`bench: ${message}`)
  process.exit(2)
}

/** A list of positive integers such as `1,2`. */
function integers(option: string, text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some((value) => !Number.isInteger(value) || value < 1))
    refuse(`--${option} takes integers >= 1, not ${text}`)
  return values
}

const backends: readonly string[] = ['wasm', 'cpu', 'webgpu', 'tensorflow'] satisfies BackendName[]

function readOptions() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        backend: { type: 'string', multiple: true, default: ['wasm'] },
        threads: { type: 'string', default: '1,2' },
        repeats: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        profile: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return refuse((error as Error).message)
  }
}

/** With what a row of the data is measured: every backend and number of threads that make a difference to it. */
function settingsOf(
  { usesBackend, usesThreads }: DataRow,
  chosen: readonly BackendName[],
  threads: readonly number[],
): (readonly [backend: BackendName, threads: number])[] {
  const counts = usesThreads ? threads : [1]
  const on = usesBackend ? chosen : (['wasm'] as const)
  return on.flatMap((backend) => (backend === 'wasm' ? counts : [1]).map((count) => [backend, count] as const))
}

async function main(): Promise<void> {
  const options = readOptions()
  const { selected, unknown } = selectRows(options.only)
  if (unknown.length > 0) {
    refuse(`no row is called ${unknown.join(', ')}; known: ${rows.map(({ name }) => name).join(', ')}`)
  }
  const strange = options.backend.find((name) => !backends.includes(name))
  if (strange !== undefined) refuse(`no backend is called ${strange}; known: ${backends.join(', ')}`)
  const threads = integers('threads', options.threads)
  const [repeats = 1] = integers('repeats', options.repeats)

  const networks = selected.filter((row): row is NetworkRow => !isDataRow(row))
  const data = selected.filter(isDataRow)
  const failures: string[] = []
  /** The result of a measurement, or what `failed` makes of its error. */
  const attempt = async <T>(what: string, measured: () => Promise<T>, failed: (reason: string) => T): Promise<T> => {
    console.error(what)
    try {
      return await measured()
    } catch (error) {
      const { message } = error as Error
      failures.push(`${what}: ${message}`)
      console.error(`  failed: ${message}`)
      return failed(message)
    }
  }
  // Only wasm's threads can be chosen.
  const threadsOn = (backend: BackendName): number[] => (backend === 'wasm' ? threads : [1])
  const titleOf = (name: string, backend: BackendName, count: number): string =>
    `${name} on ${backend}${backend === 'wasm' ? `, threads: ${count}` : ''}`

  const torch = networks.length > 0 ? await findTorch() : undefined
  const onnxruntime = networks.some(({ spec }) => spec.kind === 'rrdb-forward')
    ? await installOnnxRuntime()
    : { reason: 'no row needs it' }
  const results: Result[] = []
  for (const row of networks) {
    for (const backend of options.backend as BackendName[]) {
      for (const count of threadsOn(backend)) {
        const settings = { backend, threads: count, repeats, profile: options.profile, torch, onnxruntime }
        results.push(
          await attempt(
            titleOf(row.name, backend, count),
            () => measureRow(row, settings),
            (reason) => failedRow(row, backend, count, reason),
          ),
        )
      }
    }
  }

  const python = data.length > 0 ? await findScientificPython() : undefined
  const measured: DataResult[] = []
  for (const row of data) {
    for (const [backend, count] of settingsOf(row, options.backend as BackendName[], threads)) {
      measured.push(
        await attempt(
          row.usesBackend ? titleOf(row.name, backend, count) : `${row.name}, threads: ${count}`,
          () => measureData(row, { backend, threads: count, repeats, python }),
          (reason) => failedDataRow(row, backend, count, reason),
        ),
      )
    }
  }
  const dataResults = withGrowth(measured)
  mkdirSync('out', { recursive: true })
  const json = `${JSON.stringify([...results, ...dataResults], undefined, 1)}\n`
  writeFileSync('out/bench.json', json)
  if (options.json) process.stdout.write(json)
  else {
    const images = dataResults.filter(({ unit }) => unit === 'images')
    const records = dataResults.filter(({ unit }) => unit === 'records')
    const scores = dataResults.filter(({ unit }) => unit === 'scores')
    if (results.length > 0) console.log(table(results))
    if (images.length > 0) console.log(imagesTable(images))
    if (records.length > 0) console.log(recordsTable(records))
    if (scores.length > 0) console.log(scoresTable(scores))
    for (const result of results) if (result.profile) console.log(profileText(result))
  }
  if (options.write) writeResults(results, dataResults)
  if (failures.length > 0) {
    console.error(`bench: ${failures.length} failed\n  ${failures.join('\n  ')}`)
    process.exitCode = 1
  }
}

const [flag, role] = process.argv.slice(2)
if (flag === '--worker' && role === 'tfjs') await serveTFJS()
else if (flag === '--worker' && role === 'data') await serveData()
else if (flag === '--worker' && role === 'onnxruntime') await serveOnnxRuntime()
else await main()
