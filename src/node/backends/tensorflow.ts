import { availableParallelism } from 'node:os'
import util from 'node:util'
import { findBackend } from '@tensorflow/tfjs-core'
import { activate } from './activate.js'
import { importBackend } from './importPackage.js'
import type { StartedBackend } from './startedBackend.js'
import { StartError } from './startError.js'
import { warn } from './warn.js'

/** What tfjs-node's backend tells of itself. */
interface NodeBackend {
  readonly isGPUPackage?: boolean
  readonly isUsingGpuDevice?: boolean
}

const gpuPackage = '@tensorflow/tfjs-node-gpu'
const cpuPackage = '@tensorflow/tfjs-node'
const noCUDA = `${gpuPackage} finds no CUDA device and would compute on the CPU`

/** The native backend, where one of the two packages is loaded. */
const running = (): NodeBackend | undefined => (findBackend('tensorflow') ?? undefined) as NodeBackend | undefined

/** Loads one of the two packages and makes it the active backend. */
async function load(name: typeof gpuPackage | typeof cpuPackage): Promise<NodeBackend> {
  // tfjs-node 4.22 calls a function that Node 23 took away.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean }
  legacy.isNullOrUndefined ??= (value) => value === null || value === undefined
  await importBackend('tensorflow', name)
  await activate('tensorflow')
  return running()!
}

const started = (threads: number, description: string): StartedBackend => ({ name: 'tensorflow', threads, description })
const onCPU = (name: string, note = ''): StartedBackend =>
  started(availableParallelism(), `native TensorFlow on the CPU through ${name}${note}`)

/**
 * Starts native TensorFlow on a CUDA device.
 *
 * @throws StartError where tfjs-node-gpu is absent, does not load, or finds no CUDA device.
 */
export async function startNodeGPU(): Promise<StartedBackend> {
  const { isUsingGpuDevice } = await load(gpuPackage)
  if (isUsingGpuDevice === false) throw new StartError('tensorflow', 'unusable', noCUDA)
  return started(1, `native TensorFlow with CUDA through ${gpuPackage}`)
}

/**
 * Starts native TensorFlow on the CPU, through tfjs-node-gpu where that is loaded already.
 *
 * @throws StartError where tfjs-node is absent or does not load.
 */
export async function startNode(): Promise<StartedBackend> {
  if (running()?.isGPUPackage === true) {
    await activate('tensorflow')
    return onCPU(gpuPackage, ' (no CUDA device)')
  }
  await load(cpuPackage)
  return onCPU(cpuPackage)
}

/**
 * Starts native TensorFlow through tfjs-node-gpu, else tfjs-node.
 *
 * @throws StartError where neither loads.
 */
export async function startTensorFlow(): Promise<StartedBackend> {
  let gpuError: unknown
  try {
    return await startNodeGPU()
  } catch (error) {
    gpuError = error
  }
  const first = gpuError as StartError
  try {
    const result = await startNode()
    if (first.failure !== 'absent') warn(`backend tensorflow: ${first.problem}`)
    return result
  } catch (error) {
    const second = error as StartError
    if (first.failure !== 'absent' && second.failure === 'absent') throw first
    if (first.failure === 'absent' && second.failure !== 'absent') throw second
    const problem = `${first.problem}; or without a GPU: ${second.problem}`
    throw new StartError('tensorflow', first.failure, problem, { cause: second })
  }
}
