import { engine, getBackend, getKernel, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core'

/** The kernels of this package's own operations, where a backend has them. */
export const ownKernels = {
  adam: 'EsrganScnnAdam',
  leakyReluGrad: 'EsrganScnnLeakyReluGrad',
  standardise: 'EsrganScnnStandardise',
} as const

/**
 * Runs one of this package's own kernels on the active backend, or the same computation from tfjs's operations where the
 * backend has no such kernel.
 */
export function runOwnKernel(
  name: keyof typeof ownKernels,
  inputs: Record<string, Tensor>,
  attrs: object,
  portable: () => Tensor[],
): Tensor[] {
  const kernelName = ownKernels[name]
  if (!getKernel(kernelName, getBackend())) return portable()
  return [engine().runKernel(kernelName, inputs, attrs as NamedAttrMap)].flat()
}
