import type { ready } from 'h5wasm'
import { WeightsError } from '../errors.js'
import {
  byteBudget,
  elementBytes,
  quoted,
  type SafetensorsDtype,
  type StoredTensor,
  type WeightsFile,
} from './weightsFile.js'

type H5Module = Awaited<typeof ready>
type Fail = (problem: string) => never

/** The signature of HDF5 (version 2 of its specification, III.A). */
const signature = [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10]

/** Whether the bytes are an HDF5 file: the signature stands at the beginning, as Keras writes it. */
export const isHDF5 = (bytes: Uint8Array): boolean => signature.every((byte, i) => bytes[i] === byte)

/** Where the file stands for the time of reading, in the memory that the library takes for its disk. */
const place = '/keras-weights.h5'
/** Keras nests its groups by models and layers. */
const mostLevels = 16
/** More groups and datasets no model has, nor more than one in 16 bytes; links can make a few look like any number. */
const mostObjects = 100_000
const bytesPerObject = 16

/** The library prints what it finds wrong; nothing of it is for the user. */
function silence<T>(library: H5Module, run: () => T): T {
  interface Stream {
    stream_ops: { write: (stream: unknown, buffer: unknown, offset: number, length: number) => number }
  }
  const stream = (library.FS as unknown as { streams: Stream[] }).streams[2]
  if (stream === undefined) return run()
  const usual = stream.stream_ops
  stream.stream_ops = { ...usual, write: (_, __, ___, length) => length }
  try {
    return run()
  } finally {
    stream.stream_ops = usual
  }
}

/** The element type of a dataset; undefined where it holds no numbers. */
function dtypeOf(library: H5Module, type: number, size: number, signed: boolean): SafetensorsDtype | undefined {
  const { H5T_FLOAT: float, H5T_INTEGER: integer } = library.H5T_class_t as unknown as Record<string, { value: number }>
  const floats: Record<number, SafetensorsDtype> = { 2: 'F16', 4: 'F32', 8: 'F64' }
  const integers: Record<number, SafetensorsDtype> = { 1: 'I8', 2: 'I16', 4: 'I32', 8: 'I64' }
  if (type === float!.value) return floats[size]
  if (type === integer!.value) return signed ? integers[size] : size === 1 ? 'U8' : undefined
  return undefined
}

/** A dataset's numbers, as a copy; undefined where it holds something else. */
function readDataset(
  library: H5Module,
  file: bigint,
  path: string,
  claim: (bytes: number) => void,
  fail: Fail,
): StoredTensor | undefined {
  const { type, size, signed, shape, chunks, littleEndian, virtual_sources } = library.get_dataset_metadata(file, path)
  const dtype = dtypeOf(library, type, size, signed)
  if (shape === null || dtype === undefined) return undefined
  if (!littleEndian) return fail('is big-endian, which Keras never writes')
  // A small part of a compressed file can become large, and a virtual one takes its numbers from elsewhere.
  if (library.get_dataset_filters(file, path).length > 0 || virtual_sources !== undefined) {
    return fail('is compressed or virtual, which Keras never writes')
  }
  const bytes = shape.reduce((product, n) => product * n, elementBytes[dtype])
  claim(bytes)
  if (chunks !== null) claim(chunks.reduce((product, n) => product * n, elementBytes[dtype]))
  if (bytes === 0) return { dtype, shape, data: new Uint8Array() }
  const at = library._malloc(bytes)
  if (at === 0) return fail(`needs ${bytes} bytes, which the HDF5 library cannot get`)
  try {
    if (library.get_dataset_data(file, path, null, null, null, BigInt(at)) < 0) return fail('is damaged')
    return { dtype, shape, data: library.HEAPU8.slice(at, at + bytes) }
  } finally {
    library._free(at)
  }
}

/** Every dataset of numbers below a group, by its path from there. */
function readGroups(
  library: H5Module,
  file: bigint,
  root: string,
  length: number,
  fail: Fail,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>()
  const claim = byteBudget(length, fail)
  const most = Math.min(mostObjects, Math.floor(length / bytesPerObject))
  let objects = 0
  const walk = (group: string, prefix: string, level: number): void => {
    if (level > mostLevels) fail(`its groups are nested more than ${mostLevels} deep, or contain themselves`)
    for (const name of library.get_names(file, group || '/', false)) {
      if (++objects > most) fail(`it has more than ${most} groups and datasets, or they contain each other too often`)
      const path = `${group}/${name}`
      const inDataset = (problem: string): never => fail(`dataset ${quoted(path)} ${problem}`)
      const type = library.get_type(file, path)
      if (type === library.H5G_GROUP) walk(path, `${prefix}${name}/`, level + 1)
      if (type !== library.H5G_DATASET) continue
      const tensor = readDataset(library, file, path, claim, inDataset)
      if (tensor !== undefined) tensors.set(prefix + name, tensor)
    }
  }
  walk(root, '', 1)
  return tensors
}

function readFile(library: H5Module, bytes: Uint8Array, fail: Fail): Map<string, StoredTensor> {
  library.FS.writeFile(place, bytes)
  const file = library.open(place, library.H5F_ACC_RDONLY)
  try {
    if (file <= 0n) return fail('the HDF5 file is cut off or damaged')
    const hasModel = library.get_names(file, '/', false).includes('model_weights')
    return readGroups(library, file, hasModel ? '/model_weights' : '', bytes.length, fail)
  } finally {
    if (file > 0n) library.close_file(file)
    library.FS.unlink(place)
  }
}

/**
 * Reads the weights of a Keras `.h5` file (HDF5), of weights alone or of a whole model (whose `optimizer_weights` are left
 * out), by h5wasm, which is loaded when this is first called. Each tensor has the path of its dataset for a name: the layer's
 * group, then the weight's name, as `block5_conv4/block5_conv4_W_1:0` (Keras 1), `block5_conv4/block5_conv4/kernel:0` (Keras 2)
 * or `layers/conv2d/vars/0` (`.weights.h5` of Keras 3). Kernels are as Keras has them: `[height, width, in, out]`.
 *
 * The library runs in a memory of its own, without the machine's files; a dataset larger than the file can justify, a
 * compressed one and one that lies in another file are refused.
 *
 * @param bytes the whole file
 * @param source what error messages call it; default `weights`
 * @throws WeightsError when the file is no HDF5, is malformed, or holds no numbers
 */
export async function readKerasWeights(bytes: Uint8Array, source = 'weights'): Promise<WeightsFile> {
  const fail = (problem: string): never => {
    throw new WeightsError(source, problem)
  }
  if (!isHDF5(bytes)) fail('it is no HDF5 file; readWeights reads safetensors and the files of torch.save')
  const library = await import('h5wasm').then((h5wasm) => h5wasm.ready)
  let tensors: Map<string, StoredTensor>
  try {
    tensors = silence(library, () => readFile(library, bytes, fail))
  } catch (error) {
    if (error instanceof WeightsError) throw error
    return fail(`the HDF5 library cannot read it: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (tensors.size === 0) fail('it holds no weights: no dataset of numbers')
  return { format: 'keras', tensors, metadata: {} }
}
