import { getKernel, registerKernel, type KernelFunc } from '@tensorflow/tfjs-core'
import { ownKernels } from '../../ops/ownKernel.js'
import { adam } from './adam.js'
import { leakyReluGrad } from './leakyReluGrad.js'
import { standardise } from './standardise.js'

/** Gives the wasm backend the kernels of this package's own operations; further calls change nothing. */
export function registerFusedKernels(): void {
  const kernels = { adam, leakyReluGrad, standardise } as unknown as Record<keyof typeof ownKernels, KernelFunc>
  for (const [name, kernelFunc] of Object.entries(kernels)) {
    const kernelName = ownKernels[name as keyof typeof ownKernels]
    if (!getKernel(kernelName, 'wasm')) registerKernel({ kernelName, backendName: 'wasm', kernelFunc })
  }
}
