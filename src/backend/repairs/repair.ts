import {
  engine,
  getKernel,
  getKernelsForBackend,
  registerKernel,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
} from '@tensorflow/tfjs-core'
import { findFault, type Probe } from './probe.js'

/** A kernel of a tfjs backend that this package has put in force, and why. */
export interface Repair {
  /** The backend, for example `wasm`. */
  readonly backend: string
  /** tfjs's name of the kernel, for example `Conv2DBackpropFilter`. */
  readonly kernel: string
  /** tfjs has none; or a probe showed that the one registered gives wrong numbers, or is much slower. */
  readonly reason: 'missing' | 'wrong' | 'slow'
  /** What was wrong, in one line. */
  readonly detail: string
}

/** A kernel that is put in force where the backend has none, or where the probe finds fault with the one it has. */
export interface RepairPlan extends Probe {
  /** tfjs's name of the kernel. */
  readonly kernel: string
  /** What is wrong with the stock kernel, or what it is needed for where tfjs has none. */
  readonly detail: string
  /** The repaired kernel, made from the one registered; undefined where it cannot do without one. */
  make(stock: KernelFunc | undefined): unknown
}

/** On a kernel's config: what was repaired, or null where the kernel was examined and found right. */
const verdict = Symbol.for('esrgan-scnn.repair')

type Examined = KernelConfig & { [verdict]?: Repair | null }

/** Registers the kernel in place of the one registered under its name. */
export function replaceKernel(config: KernelConfig): void {
  if (getKernel(config.kernelName, config.backendName)) unregisterKernel(config.kernelName, config.backendName)
  registerKernel(config)
}

/** The instance of the backend that runs, active or not; undefined where it has not been started. */
export function runningBackend(name: string): object | undefined {
  const { registry } = engine()
  return name in registry ? registry[name] : undefined
}

function applyPlan(backend: string, plan: RepairPlan): void {
  const stock: Examined | undefined = getKernel(plan.kernel, backend)
  if (stock && verdict in stock) return
  const kernelFunc = plan.make(stock?.kernelFunc) as KernelFunc | undefined
  if (!kernelFunc) return
  let reason: Repair['reason'] = 'missing'
  if (stock) {
    const instance = runningBackend(backend)
    if (!instance) return
    stock.setupFunc?.(instance)
    const fault = findFault(plan, instance, stock)
    if (!fault) {
      replaceKernel(Object.assign({ ...stock }, { [verdict]: null }))
      return
    }
    reason = fault
  }
  const repair: Repair = { backend, kernel: plan.kernel, reason, detail: plan.detail }
  const config: KernelConfig = { ...stock, kernelName: plan.kernel, backendName: backend, kernelFunc }
  replaceKernel(Object.assign(config, { [verdict]: repair }))
}

const onStart = 'EsrganScnnOnStart'

/**
 * Applies the plans to a backend, once for each kernel registered: kernels that it lacks are registered at once, the others
 * are probed on the running instance, or when the backend starts. `guard` is called with every instance that starts.
 */
export function applyRepairs(
  backend: string,
  plans: readonly RepairPlan[],
  guard: (instance: object) => void = () => undefined,
): readonly Repair[] {
  for (const plan of plans) applyPlan(backend, plan)
  const instance = runningBackend(backend)
  if (instance) guard(instance)
  // tfjs calls the setupFunc of every kernel of a backend whenever the backend is made the active one.
  if (!getKernel(onStart, backend)) {
    registerKernel({
      kernelName: onStart,
      backendName: backend,
      kernelFunc: () => [],
      setupFunc: () => void applyRepairs(backend, plans, guard),
    })
  }
  return repairsOf(backend)
}

/** The repairs in force on the backend, by the kernels' names; whichever build of this package has made them. */
export function repairsOf(backend: string): readonly Repair[] {
  return getKernelsForBackend(backend)
    .map((config: Examined) => config[verdict])
    .filter((repair): repair is Repair => repair !== undefined && repair !== null)
    .sort((a, b) => (a.kernel < b.kernel ? -1 : 1))
}
