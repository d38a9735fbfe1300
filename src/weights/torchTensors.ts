import { Dictionary } from './pickleValues.js'
import { WindowValue, type Storage, type TensorWindow } from './torchNames.js'
import { byteBudget, elementBytes, quoted, type StoredTensor } from './weightsFile.js'

type Fail = (problem: string) => never

/** No checkpoint nests deeper. */
const mostLevels = 32

/**
 * The tensors of a checkpoint by dotted names: dictionaries with names for keys are opened, all else (lists, numbered
 * dictionaries as those of an optimizer, numbers, strings) is left out.
 *
 * @param length the bytes of the pickle, which bound how much there can be to walk through
 */
function windowsByName(value: unknown, length: number, fail: Fail): Map<string, TensorWindow> {
  const windows = new Map<string, TensorWindow>()
  let walked = 0
  const walk = (container: Dictionary, prefix: string, level: number): void => {
    if (level > mostLevels) fail(`its dictionaries are nested more than ${mostLevels} deep, or contain themselves`)
    for (const [key, item] of container.entries) {
      walked += 1 + prefix.length
      if (typeof key === 'string') walked += key.length
      // A dictionary may stand in several others: without this, a kilobyte could hold 2^100 names.
      if (walked > 16 * length) fail('its dictionaries contain each other too often')
      if (typeof key !== 'string') continue
      if (item instanceof Dictionary) walk(item, `${prefix}${key}.`, level + 1)
      if (!(item instanceof WindowValue)) continue
      const name = prefix + key
      if (windows.has(name)) fail(`two tensors are named ${quoted(name)}`)
      windows.set(name, item.window)
    }
  }
  if (value instanceof Dictionary) walk(value, '', 1)
  if (windows.size === 0) fail('it holds no named tensors: save the dictionary that model.state_dict() gives')
  return windows
}

const isContiguous = (shape: readonly number[], strides: readonly number[]): boolean => {
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== step) return false
    step *= shape[i]!
  }
  return true
}

/** The elements in row-major order, copied one by one. */
function gather(source: Uint8Array, { offset, shape, strides, dtype }: TensorWindow, bytes: number): Uint8Array {
  const size = elementBytes[dtype]
  const gathered = new Uint8Array(bytes)
  let at = 0
  const walk = (dimension: number, from: number): void => {
    if (dimension === shape.length) {
      for (let i = 0; i < size; i++) gathered[at++] = source[from * size + i]!
      return
    }
    for (let i = 0; i < shape[dimension]!; i++) walk(dimension + 1, from + i * strides[dimension]!)
  }
  walk(0, offset)
  return gathered
}

/** A window's elements: a view of the storage where they lie in a row, else a copy. */
function readWindow(
  window: TensorWindow,
  source: Uint8Array,
  claim: (bytes: number) => void,
  fail: Fail,
): StoredTensor {
  const { dtype, offset, shape, strides } = window
  const size = elementBytes[dtype]
  const bytes = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, size)
  // Where bytes is too large for an exact number, it is also too large for the file.
  claim(bytes)
  if (bytes === 0) return { dtype, shape, data: source.subarray(0, 0) }
  const last = shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, offset)
  if (!((last + 1) * size <= source.length)) {
    fail(`has an element ${last}, but a storage of ${Math.floor(source.length / size)}`)
  }
  const data = isContiguous(shape, strides)
    ? source.subarray(offset * size, offset * size + bytes)
    : gather(source, window, bytes)
  return { dtype, shape, data }
}

/**
 * The tensors of an unpickled checkpoint.
 *
 * @param pickleLength the bytes of its pickle
 * @param fileLength the bytes of the whole file
 * @param bytesOf the bytes of a storage
 */
export function readTorchTensors(
  value: unknown,
  { pickleLength, fileLength }: { pickleLength: number; fileLength: number },
  bytesOf: (storage: Storage) => Uint8Array,
  fail: Fail,
): Map<string, StoredTensor> {
  const claim = byteBudget(fileLength, fail)
  const tensors = new Map<string, StoredTensor>()
  for (const [name, window] of windowsByName(value, pickleLength, fail)) {
    const inTensor = (problem: string): never => fail(`tensor ${quoted(name)} ${problem}`)
    tensors.set(name, readWindow(window, bytesOf(window.storage), claim, inTensor))
  }
  return tensors
}
