/** The element types of stored tensors, under the names that safetensors gives them. */
export type SafetensorsDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL'

/** Bytes of one element. */
export const elementBytes: Readonly<Record<SafetensorsDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
}

/** A text of a file for an error message: on one line, and not a whole megabyte. */
export const quoted = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text)

/** One tensor of a weights file, not yet converted; `toFloat32` gives its values. */
export interface StoredTensor {
  /** The element type as stored. */
  readonly dtype: SafetensorsDtype
  /** The size of each dimension; empty for a scalar. */
  readonly shape: readonly number[]
  /** The elements, little-endian, in row-major order without gaps: a view of the file wherever it has them so. */
  readonly data: Uint8Array
}

/** What a weights file holds, whatever its format. */
export interface WeightsFile {
  /** The format it was read from; it says which layouts and names to expect. */
  readonly format: 'safetensors' | 'torch' | 'tfjs' | 'keras'
  /** Every tensor by name, in the order of the file. */
  readonly tensors: Map<string, StoredTensor>
  /** Free text that the file keeps beside its tensors; empty where the format has none. */
  readonly metadata: Record<string, string>
}

/**
 * How many times its own length the tensors of a file may amount to. Tensors can share bytes (a view in PyTorch, a link in
 * HDF5), and a view can repeat them: by its word alone, a file of a hundred bytes holds a terabyte.
 */
const mostPerByte = 4

/** Counts the bytes that a file claims; it fails where the file's length cannot justify them. */
export function byteBudget(length: number, fail: (problem: string) => never): (bytes: number) => void {
  let claimed = 0
  return (bytes) => {
    claimed += bytes
    if (!(claimed <= mostPerByte * length)) {
      fail(
        `its tensors claim at least ${claimed} bytes, more than ${mostPerByte} times the ${length} that the file has`,
      )
    }
  }
}
