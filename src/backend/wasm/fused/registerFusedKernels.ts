import { getKernel, registerKernel, type KernelFunc } from '@tensorflow/tfjs-core'
import { ownKernels } from '../../ops/ownKernel.js'
import { takesThreadedKernels } from '../native/threaded.js'
import { adam } from './adam.js'
import { finiteCheck } from './finiteCheck.js'
import { leakyReluGrad } from './leakyReluGrad.js'
import { maxPool2x2Grad } from './maxPool2x2Grad.js'
import { residualDenseBlock, residualDenseBlockGrad } from './residualDenseBlock.js'
import { standardise } from './standardise.js'

/**
 * Gives the wasm backend the kernels of this package's own operations, as far as the engine can run them; further calls
 * change nothing.
 */
export function registerFusedKernels(): void {
  const threaded = { finiteCheck, maxPool2x2Grad, residualDenseBlock, residualDenseBlockGrad, standardise }
  const all = { adam, leakyReluGrad, ...(takesThreadedKernels() ? threaded : {}) }
  for (const [name, kernelFunc] of Object.entries(all)) {
    const kernelName = ownKernels[name as keyof typeof ownKernels]
    if (!getKernel(kernelName, 'wasm')) {
      registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernelFunc as unknown as KernelFunc })
    }
  }
}
