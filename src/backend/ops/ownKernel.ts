import { engine, getBackend, getKernel, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core'

/** The kernels of this package's own operations, where a backend has them. */
export const ownKernels = {
  adam: 'EsrganScnnAdam',
  finiteCheck: 'EsrganScnnFiniteCheck',
  leakyReluGrad: 'EsrganScnnLeakyReluGrad',
  maxPool2x2Grad: 'EsrganScnnMaxPool2x2Grad',
  residualDenseBlock: 'EsrganScnnResidualDenseBlock',
  residualDenseBlockGrad: 'EsrganScnnResidualDenseBlockGrad',
  standardise: 'EsrganScnnStandardise',
} as const

/** Whether the active backend has this one of this package's own kernels. */
export function hasOwnKernel(name: keyof typeof ownKernels): boolean {
  return getKernel(ownKernels[name], getBackend()) !== undefined
}

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
  if (!hasOwnKernel(name)) return portable()
  return [engine().runKernel(ownKernels[name], inputs, attrs as NamedAttrMap)].flat()
}
