import { backendRepairs, wasmKernels, type Repair, type WasmKernels } from '../../backend/index.js'
import { ArgumentError } from '../../errors.js'
import { candidates, type CandidateName } from './candidates.js'
import { wrongNumbers } from './checkNumbers.js'
import { measureSpeed, type BackendSpeed } from './measureSpeed.js'
import { importGradients } from './startBackend.js'
import { StartError } from './startError.js'

/** What became of one way to compute. */
export interface BackendExamination extends Partial<BackendSpeed> {
  /** `tfjs-node-gpu`, `webgpu`, `tfjs-node`, `wasm` or `cpu`. */
  readonly name: CandidateName
  /**
   * `works`; `absent`: a package is not installed; `unusable`: this machine has nothing for it to run on; `broken`: it
   * does not load, has a wrong version, computes wrong numbers, has ended its process, or has not answered.
   */
  readonly state: 'works' | 'absent' | 'unusable' | 'broken'
  /** Why it does not work, and what to do where something can be done. */
  readonly reason?: string
  /** What runs, on what. */
  readonly description?: string
  /** Threads that it computes with. */
  readonly threads?: number
  /** What WebGPU runs on. */
  readonly adapter?: string
  /** Whether that adapter computes on the CPU; {@link chooseBackend} passes it over. */
  readonly isSoftware?: boolean
  /** The kernels that this package has put in force for it. */
  readonly repairs?: readonly Repair[]
  /** Of `wasm`: how this package's own kernels compute there; absent where they do not. */
  readonly kernels?: WasmKernels
}

/**
 * Starts a way to compute in this process, checks its numbers against plain loops and measures its speed: a few seconds.
 * What it starts stays active. A native crash ends the process: {@link diagnoseBackends} looks at each in one of its own.
 *
 * @throws ArgumentError for an unknown name.
 */
export async function examineBackend(name: CandidateName): Promise<BackendExamination> {
  const candidate = candidates.find((known) => known.name === name)
  if (!candidate) throw new ArgumentError('name', `be one of ${candidates.map((known) => known.name).join(', ')}`, name)
  try {
    await importGradients(name)
    const { name: backend, ...started } = await candidate.start({ threads: undefined, software: true })
    const wrong = await wrongNumbers()
    const found = { ...started, repairs: backendRepairs().filter((repair) => repair.backend === backend) }
    if (wrong !== undefined) return { name, state: 'broken', reason: wrong, ...found }
    const speed = await measureSpeed()
    // By now their threads have started.
    const kernels = backend === 'wasm' ? wasmKernels() : undefined
    return { name, state: 'works', ...found, ...(kernels && { kernels }), ...speed }
  } catch (error) {
    if (error instanceof StartError) return { name, state: error.failure, reason: error.problem }
    return { name, state: 'broken', reason: `fails at work: ${(error as Error).message}` }
  }
}
