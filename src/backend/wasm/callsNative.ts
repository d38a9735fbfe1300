import { runner, type Probe, type RunKernel } from '../repairs/probe.js'
import type { WasmBackend } from './backend.js'

/**
 * Whether a registered kernel computes by the named function of tfjs's C++: it is set up with a function that only tells
 * that it was called, run once, and set up again.
 */
export function callsNative(name: string, ...call: Parameters<RunKernel>): NonNullable<Probe['isSlow']> {
  return ({ kernelFunc, setupFunc }, instance) => {
    const { wasm } = instance as WasmBackend
    let isCalled = false
    const note = (): void => {
      isCalled = true
    }
    const cwrap: typeof wasm.cwrap = (wanted, ...rest) => (wanted === name ? note : wasm.cwrap(wanted, ...rest))
    const module: unknown = Object.create(wasm, { cwrap: { value: cwrap } })
    setupFunc?.(Object.create(instance, { wasm: { value: module } }) as object)
    try {
      runner(instance, kernelFunc)(...call)
    } finally {
      setupFunc?.(instance)
    }
    return isCalled
  }
}
