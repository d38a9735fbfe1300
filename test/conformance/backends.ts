import type { WasmPrecision } from '../../src/backend/index.js'

/** Where the suite runs: one column of the table in docs/backends.md. */
export interface ConformanceBackend {
  /** How it is asked for on the command line, and the name of its vitest project. */
  readonly id: string
  /** The tfjs backend. */
  readonly name: 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'tensorflow'
  readonly where: 'Node' | 'Chromium'
  /** Threads of wasm. In browsers more than one needs a page that is cross-origin isolated. */
  readonly threads?: number
  /** Needs a package that the project does not depend on: runs only when it is asked for by name. */
  readonly isOptional?: boolean
  /** Runs in `npm test` too. */
  readonly isQuick?: boolean
  /** How wasm computes 3x3 convolutions. Default: `fast`. */
  readonly precision?: WasmPrecision
  /** The version of Node, one of test/nodes; by default the Node that runs the suite. */
  readonly node?: 22 | 24
}

/** All of them, in the order of the table. */
export const backends: readonly ConformanceBackend[] = [
  { id: 'cpu', name: 'cpu', where: 'Node', isQuick: true },
  { id: 'wasm-1', name: 'wasm', where: 'Node', threads: 1, isQuick: true },
  { id: 'wasm-2', name: 'wasm', where: 'Node', threads: 2, isQuick: true },
  { id: 'webgpu', name: 'webgpu', where: 'Node' },
  { id: 'tfjs-node', name: 'tensorflow', where: 'Node', isOptional: true },
  { id: 'chromium-cpu', name: 'cpu', where: 'Chromium' },
  { id: 'chromium-wasm-1', name: 'wasm', where: 'Chromium', threads: 1 },
  { id: 'chromium-wasm-2', name: 'wasm', where: 'Chromium', threads: 2 },
  { id: 'chromium-webgl', name: 'webgl', where: 'Chromium' },
  { id: 'chromium-webgpu', name: 'webgpu', where: 'Chromium' },
]

/** A variant of this package's WebAssembly kernels. */
function variant(threads: number, precision: WasmPrecision, node: 22 | 24 | undefined): ConformanceBackend {
  const id = ['wasm', threads, precision, ...(node ? ['node', node] : [])].join('-')
  return { id, name: 'wasm', where: 'Node', threads, precision, ...(node && { node }) }
}

/**
 * The variants of this package's WebAssembly kernels. Node 20 takes those with plain SIMD, later ones those with fused
 * multiply-add; one thread works on unshared memory, two on shared. They run the kernels' own cases, each in a process of its
 * own and without regard to the table of what is faster.
 */
export const variants: readonly ConformanceBackend[] = ([undefined, 22, 24] as const).flatMap((node) =>
  (['fast', 'exact'] as const).flatMap((precision) => [1, 2].map((threads) => variant(threads, precision, node))),
)

/** Backends and variants. */
export const all: readonly ConformanceBackend[] = [...backends, ...variants]

/** The backend or variant of that id. */
export function backendOf(id: string): ConformanceBackend {
  const found = all.find((backend) => backend.id === id)
  if (!found) throw new Error(`no backend ${id}; there are ${all.map((backend) => backend.id).join(', ')}`)
  return found
}
