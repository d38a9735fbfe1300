import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { requireRange } from '../../errors.js'
import { candidates, type CandidateName } from './candidates.js'
import type { BackendExamination } from './examineBackend.js'
import { describeMachine, type Machine } from './machine.js'
import { packageNames } from './packages.js'
import { speedAdvice, type Advice } from './speedAdvice.js'
import { packageState, type PackageState } from './versions.js'

/** What computes on this machine, what does not and why, how quick it is, and what would be quicker. */
export interface BackendDiagnosis {
  /** The machine and its Node. */
  readonly machine: Machine
  /** tfjs's packages and `webgpu`, as they are installed. */
  readonly packages: readonly PackageState[]
  /** Every way to compute, in the order of {@link chooseBackend}. */
  readonly backends: readonly BackendExamination[]
  /** The first that works and is no software adapter: what {@link chooseBackend} takes; undefined where none works. */
  readonly chosen?: CandidateName
  /** What to install or to do to compute quicker. */
  readonly advice: readonly Advice[]
}

/** Options of {@link diagnoseBackends}. */
export interface DiagnoseBackendsOptions {
  /** Seconds after which a backend is given up. Default: 20. */
  readonly timeout?: number
  /** Is told of each backend before it is examined. */
  readonly onBackend?: (name: CandidateName) => void
}

/** The program of the processes: it lies beside this one in the built package. */
const program = fileURLToPath(new URL('./examineProcess.js', import.meta.url))

/** The last lines of what a process said. */
const lastWords = (text: string): string => {
  const lines = text.split('\n').map((line) => line.trim())
  const words = lines.filter((line) => line !== '').slice(-3)
  return words.length === 0 ? '' : `; it said last: ${words.join(' | ').slice(-300)}`
}

/** Starts the process of one backend; an error where none may be started. */
function start(name: CandidateName): ChildProcess | Error {
  try {
    return fork(program, [name], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  } catch (error) {
    return error as Error
  }
}

/** Examines one backend in a process of its own. */
function examine(name: CandidateName, timeout: number): Promise<BackendExamination> {
  return new Promise((resolve) => {
    const broken = (reason: string): void => resolve({ name, state: 'broken', reason })
    const child = start(name)
    if (child instanceof Error) {
      broken(`no process could be started to examine it: ${child.message}`)
      return
    }
    let said = ''
    let answer: BackendExamination | undefined
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, timeout * 1000)
    child.on('message', (message) => (answer = message as BackendExamination))
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
    }
    child.on('error', (error) => broken(`no process could be started to examine it: ${error.message}`))
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (answer) resolve(answer)
      else if (isLate) broken(`has not answered for ${timeout} s and was given up${lastWords(said)}`)
      else broken(`ended its process by ${signal ?? `exit code ${code}`}${lastWords(said)}`)
    })
  })
}

/**
 * Examines every backend, each in a process of its own, so that one that crashes or hangs is reported like any other.
 * Takes about ten seconds on two cores; nothing is started in this process.
 *
 * @throws ArgumentError for a timeout that is not from 0.1 to 3600 seconds.
 */
export async function diagnoseBackends({
  timeout = 20,
  onBackend,
}: DiagnoseBackendsOptions = {}): Promise<BackendDiagnosis> {
  requireRange('options.timeout', timeout, 0.1, 3600)
  if (!existsSync(program)) throw new Error(`diagnoseBackends needs ${program}, a file of the built package`)
  const backends: BackendExamination[] = []
  for (const { name } of candidates) {
    onBackend?.(name)
    backends.push(await examine(name, timeout))
  }
  const machine = describeMachine()
  const chosen = backends.find(({ state, isSoftware }) => state === 'works' && isSoftware !== true)?.name
  return {
    machine,
    packages: packageNames.map(packageState),
    backends,
    ...(chosen === undefined ? {} : { chosen }),
    advice: speedAdvice(machine, backends),
  }
}
