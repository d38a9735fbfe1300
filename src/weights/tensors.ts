/** A tensor outside any backend: its shape and its values in row-major order. */
export interface NamedTensor {
  /** The size of each dimension; empty for a scalar. */
  readonly shape: readonly number[]
  /** As many values as the shape has elements. */
  readonly data: Float32Array
}

/** Tensors by name, in the order in which they were written: the weights of a network, or the slots of an optimizer. */
export type NamedTensors = ReadonlyMap<string, NamedTensor>
