import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ConformanceBackend } from '../../test/conformance/backends.js'
import type { BackendResult } from './conformance.js'
import { findNode } from './nodes.js'

/** Runs the cases of the kernels on one of their variants, in a process of the Node that it asks for. */
export async function runVariant({ id, node }: ConformanceBackend): Promise<BackendResult> {
  const program = node === undefined ? process.execPath : findNode(node)!
  const options = { timeout: 300_000, maxBuffer: 2 ** 26 }
  try {
    const { stdout } = await promisify(execFile)(program, ['scripts/run.mjs', 'scripts/runCases.ts', id], options)
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as BackendResult
  } catch (error) {
    const reason = (error as Error).message.trim().split('\n').slice(0, 3).join(' ')
    return { id, reason, cases: [], repairs: [] }
  }
}
