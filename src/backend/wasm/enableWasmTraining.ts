import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelFunc,
  type KernelSetupFunc,
} from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { wasmBackend, type WasmBackend } from './backend.js'
import { batchMatMul } from './batchMatMul.js'
import { conv2dBackpropFilter } from './conv2dBackpropFilter.js'
import { conv2dBackpropInput } from './conv2dBackpropInput.js'
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwiseGradients.js'
import { maxPoolGrad } from './maxPoolGrad.js'
import { guardAllocation } from './memory.js'
import { unsortedSegmentSum } from './unsortedSegmentSum.js'

/** Marks a kernel as a repair of this package, also across its ESM and CJS builds. */
const mark = Symbol.for('esrgan-scnn.wasm-repair')

/** Each repair by the kernel's name, made from the stock kernel where there is one. */
const repairs: Readonly<Record<string, (stock: KernelFunc | undefined) => unknown>> = {
  BatchMatMul: (stock) => stock && batchMatMul(stock),
  Conv2DBackpropFilter: () => conv2dBackpropFilter,
  Conv2DBackpropInput: () => conv2dBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: () => depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: () => depthwiseBackpropInput,
  MaxPoolGrad: () => maxPoolGrad,
  UnsortedSegmentSum: () => unsortedSegmentSum,
}

/**
 * Makes tfjs's `wasm` backend able to train: registers the gradient kernels that it lacks and replaces those that are
 * wrong or very slow. It also makes an allocation that does not fit throw {@link OutOfMemoryError}, where stock tfjs goes
 * on with corrupt numbers. Call it once after importing `@tensorflow/tfjs-backend-wasm`; further calls change nothing.
 * Kernels are registered for the backend `wasm` only, for the whole process.
 *
 * @returns the names of the kernels in force from this package.
 * @throws BackendError where `@tensorflow/tfjs-backend-wasm` has not been imported.
 */
export function enableWasmTraining(): readonly string[] {
  if (!getKernel('Conv2D', 'wasm')) {
    throw new BackendError('wasm', 'import @tensorflow/tfjs-backend-wasm before enableWasmTraining()')
  }
  for (const [kernelName, repair] of Object.entries(repairs)) {
    const stock = getKernel(kernelName, 'wasm')
    if (stock && mark in stock) continue
    if (stock) unregisterKernel(kernelName, 'wasm')
    const kernelFunc = repair(stock?.kernelFunc) as KernelFunc
    const setupFunc: KernelSetupFunc = (backend) => {
      stock?.setupFunc?.(backend)
      guardAllocation(backend as WasmBackend)
    }
    registerKernel(
      Object.assign({ ...stock, kernelName, backendName: 'wasm', kernelFunc, setupFunc }, { [mark]: true }),
    )
  }
  const running = wasmBackend()
  if (running) guardAllocation(running)
  return backendRepairs()
}

/** The names of the wasm kernels that {@link enableWasmTraining} has put in force; empty before it was called. */
export function backendRepairs(): readonly string[] {
  return Object.keys(repairs).filter((kernelName) => {
    const kernel = getKernel(kernelName, 'wasm')
    return kernel !== undefined && mark in kernel
  })
}
