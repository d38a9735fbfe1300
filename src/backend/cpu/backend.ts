import type { DataType, TensorInfo } from '@tensorflow/tfjs-core'

/** The cpu backend of tfjs 4.22, as far as it is used here. */
export interface CPUBackend {
  data: { get(dataId: object): { values: Float32Array } }
  makeTensorInfo(shape: number[], dtype: DataType, values: ArrayLike<number>): TensorInfo
}

/** A tensor's values; do not write into them. */
export function valuesOf(backend: CPUBackend, { dataId }: TensorInfo): Float32Array {
  return backend.data.get(dataId).values
}
