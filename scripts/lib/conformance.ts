import type { Repair } from '../../src/backend/index.js'
import { all, type ConformanceBackend } from '../../test/conformance/backends.js'
import { findChromium, findSwiftShader } from './chromium.js'
import { findNode } from './nodes.js'

/** What a case has shown on one backend. */
export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  /** The largest relative error; null where it is infinite or the case threw. */
  readonly error: number | null
  /** The largest error in the root mean square, where the backend is a variant of the kernels. */
  readonly rms?: number | null
  /** What is wrong where it has not passed. */
  readonly message?: string
}

/** One backend's run. */
export interface BackendResult {
  readonly id: string
  /** Why it did not start; then `cases` is empty. */
  readonly reason?: string
  readonly cases: readonly CaseResult[]
  /** What had to be repaired in stock tfjs. */
  readonly repairs: readonly Repair[]
}

/** The backends to run: those named, separated by commas, or all but the optional ones. */
export function choose(only: string | undefined): readonly ConformanceBackend[] {
  if (only === undefined) return all.filter(({ isOptional }) => !isOptional)
  const wanted = only.split(',').map((id) => id.trim())
  const unknown = wanted.filter((id) => !all.some((backend) => backend.id === id))
  if (unknown.length > 0)
    throw new Error(`no backend ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}`)
  return all.filter(({ id }) => wanted.includes(id))
}

/** What this machine lacks for a backend; undefined where it can be tried. */
export function missing({ where, name, node }: ConformanceBackend, ownGPU: boolean): string | undefined {
  const howto = 'install it (Debian: apt-get install chromium) or set CHROMIUM to its path'
  if (where === 'Chromium' && findChromium() === undefined) return `there is no Chromium; ${howto}`
  if (where === 'Node' && name === 'webgpu' && !ownGPU && findSwiftShader() === undefined)
    return `there is no SwiftShader, which comes with Chromium; ${howto}, or use the machine's own GPU with --gpu`
  if (node !== undefined && findNode(node) === undefined)
    return `there is no Node ${node}; npm ci --prefix test/nodes installs it, on Linux`
  return undefined
}
