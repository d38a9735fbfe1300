import { WeightsError } from '../errors.js'
import { isHDF5 } from './keras.js'
import { readSafetensors } from './safetensors.js'
import { readTorchZip, zipSignature } from './torch.js'
import { legacyStart, readTorchLegacy } from './torchLegacy.js'
import type { WeightsFile } from './weightsFile.js'

const startsWith = (bytes: Uint8Array, signature: readonly number[]): boolean =>
  signature.every((byte, i) => bytes[i] === byte)

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0))

/** What a file is that is none of the formats read here, with what to do, as far as its first bytes tell. */
function describeOther(bytes: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 300)).trimStart()
  const [first, second = 0, third = 0] = bytes
  if (first === undefined) return 'the file is empty'
  if (isHDF5(bytes)) return 'it is an HDF5 file: read it with readKerasWeights'
  if (/^<(!doctype|html|\?xml)/i.test(text)) return 'it is a web page, not weights: download the file itself'
  if (text.startsWith('version https://git-lfs')) return 'it is a Git LFS pointer, not weights: fetch the file itself'
  if (text.startsWith('{')) return 'it is JSON: a tfjs model.json is read with its shards by readTfjsWeights'
  if (text.startsWith('GGUF')) return 'it is a GGUF file, which is not read'
  if (startsWith(bytes, [0x93, ...ascii('NUMPY')])) return "it is NumPy's .npy, which is not read"
  if (startsWith(bytes, [0x1f, 0x8b])) return 'it is compressed by gzip: decompress it first'
  if (startsWith(bytes.subarray(257), ascii('ustar'))) {
    return 'it is a tar archive (torch before 0.1.10): save it again with torch >= 1.6'
  }
  if (first === 0x80 && second >= 2 && second <= 5) {
    return 'it is a pickle that torch.save has not written: save model.state_dict() with torch.save'
  }
  // ir_version, then the next field of the protocol buffer.
  if (first === 8 && second < 32 && third % 8 === 2) return 'it seems to be an ONNX model, which is not read'
  return 'it is neither safetensors nor a file of torch.save'
}

/**
 * Reads a file of weights, whatever wrote it, told by its contents: safetensors, or PyTorch's `.pth`/`.pt` (the zip format of
 * torch >= 1.6, and the one before). Of a PyTorch checkpoint nothing runs: only the names that build tensors are allowed, and
 * a file that asks for any other, such as a whole `torch.nn.Module`, is refused by that name. Nested dictionaries become
 * dotted names (`params_ema.conv_first.weight`); epochs, lists, optimizer states and other entries are left out. Tensors may
 * share their elements and lie in any order; what the file's length cannot justify is not allocated.
 *
 * @param bytes the whole file; tensors are views of it where they can be
 * @param source what error messages call it; default `weights`
 * @throws WeightsError when the file is malformed, or naming what it is instead and what to do
 */
export function readWeights(bytes: Uint8Array, source = 'weights'): WeightsFile {
  const fail = (problem: string): never => {
    throw new WeightsError(source, problem)
  }
  if (startsWith(bytes, zipSignature)) return { format: 'torch', tensors: readTorchZip(bytes, fail), metadata: {} }
  const start = legacyStart(bytes)
  if (start !== undefined) return { format: 'torch', tensors: readTorchLegacy(bytes, start, fail), metadata: {} }
  // Safetensors begins with the length of its header, 8 bytes, and the header with a brace.
  if (bytes[8] !== 0x7b) return fail(describeOther(bytes))
  return { format: 'safetensors', ...readSafetensors(bytes, source) }
}
