/**
 * Speed of convolutions, training steps and inference, in turn with PyTorch and onnxruntime: docs/benchmarks.md.
 *
 *   npm run bench -- [--only NAME]... [--backend wasm]... [--threads 1,2] [--repeats 5] [--json] [--profile] [--write]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { BackendName } from '../src/node/index.js'
import { failedRow, measureRow, type Result } from './measure.js'
import { installOnnxRuntime, serveOnnxRuntime } from './peers/onnxruntime.js'
import { findTorch } from './peers/torch.js'
import { rows, selectRows } from './rows.js'
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

  const torch = await findTorch()
  const onnxruntime = selected.some(({ spec }) => spec.kind === 'rrdb-forward')
    ? await installOnnxRuntime()
    : { reason: 'no row needs it' }
  const results: Result[] = []
  const failures: string[] = []
  for (const row of selected) {
    for (const backend of options.backend as BackendName[]) {
      // Only wasm's threads can be chosen.
      for (const count of backend === 'wasm' ? threads : [1]) {
        console.error(`${row.name} on ${backend}${backend === 'wasm' ? `, threads: ${count}` : ''}`)
        try {
          const result = await measureRow(row, {
            backend,
            threads: count,
            repeats,
            profile: options.profile,
            torch,
            onnxruntime,
          })
          results.push(result)
        } catch (error) {
          const { message } = error as Error
          results.push(failedRow(row, backend, count, message))
          failures.push(`${row.name} on ${backend}: ${message}`)
          console.error(`  failed: ${message}`)
        }
      }
    }
  }
  mkdirSync('out', { recursive: true })
  writeFileSync('out/bench.json', `${JSON.stringify(results, undefined, 1)}\n`)
  if (options.json) process.stdout.write(`${JSON.stringify(results, undefined, 1)}\n`)
  else {
    console.log(table(results))
    for (const result of results) if (result.profile) console.log(profileText(result))
  }
  if (options.write) writeResults(results)
  if (failures.length > 0) {
    console.error(`bench: ${failures.length} failed\n  ${failures.join('\n  ')}`)
    process.exitCode = 1
  }
}

const [flag, role] = process.argv.slice(2)
if (flag === '--worker' && role === 'tfjs') await serveTFJS()
else if (flag === '--worker' && role === 'onnxruntime') await serveOnnxRuntime()
else await main()
