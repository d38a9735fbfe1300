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

/** The backend of that id. */
export function backendOf(id: string): ConformanceBackend {
  const found = backends.find((backend) => backend.id === id)
  if (!found) throw new Error(`no backend ${id}; there are ${backends.map((backend) => backend.id).join(', ')}`)
  return found
}
