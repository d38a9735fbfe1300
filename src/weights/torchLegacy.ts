import { unpickle } from './pickle.js'
import { Dictionary, Sequence } from './pickleValues.js'
import { callTorch, isTorchName, storageOf, type Storage } from './torchNames.js'
import { readTorchTensors } from './torchTensors.js'
import { elementBytes, quoted, type StoredTensor } from './weightsFile.js'

type Fail = (problem: string) => never

/** The number 0x1950a86a20f9469cfc6c, pickled, with which the files begin. */
const magic: readonly number[] = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]

/** Where the magic number of a file of that time ends; undefined in other files. From protocol 4 on a frame encloses it. */
export function legacyStart(bytes: Uint8Array): number | undefined {
  const at = bytes[2] === 0x95 ? 11 : 2
  return bytes[0] === 0x80 && magic.every((byte, i) => bytes[at + i] === byte) ? at + magic.length : undefined
}

const protocolVersion = 1001

/**
 * The tensors of a file that `torch.save` wrote before torch 1.6, as torchvision's VGG19 and the first ESRGAN weights: the
 * pickles of a magic number, a version, a description of the machine, the saved value and the list of its storages, followed
 * by each storage as its number of elements (64 bits) and the elements.
 *
 * @param start where the magic number ends ({@link legacyStart})
 */
export function readTorchLegacy(bytes: Uint8Array, start: number, fail: Fail): Map<string, StoredTensor> {
  const storages = new Map<string, Storage>()
  const host = {
    allows: isTorchName,
    call: (name: string, args: readonly unknown[], spend: (work: number) => void) => callTorch(name, args, spend, fail),
    load: (id: unknown) => {
      const storage = storageOf(id, fail)
      const known = storages.get(storage.key)
      if (known === undefined) storages.set(storage.key, storage)
      else if (known.bytes !== storage.bytes || known.dtype !== storage.dtype) {
        fail(`its storage ${quoted(storage.key)} has two sizes`)
      }
      return known ?? storage
    },
  }
  let at = start
  const next = (): unknown => {
    const { value, end } = unpickle(bytes, at, host, fail)
    at = end
    return value
  }
  const version = next()
  if (version !== protocolVersion) fail(`its format has version ${String(version)}; known is ${protocolVersion}`)
  const machine = next()
  if (!(machine instanceof Dictionary) || machine.entries.get('little_endian') !== true) {
    fail('it was saved on a big-endian machine: save it again on a little-endian one')
  }
  const pickleStart = at
  const value = next()
  const pickleLength = at - pickleStart
  const keys = next()
  if (!(keys instanceof Sequence)) return fail('it has no list of its storages')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const contents = new Map<string, Uint8Array>()
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (storage === undefined || contents.has(storage.key)) return fail('its list of storages does not fit its pickle')
    const named = quoted(storage.key)
    if (at + 8 + storage.bytes > bytes.length) return fail(`it ends before the end of its storage ${named}`)
    const count = storage.dtype === undefined ? storage.bytes : storage.bytes / elementBytes[storage.dtype]
    if (view.getBigUint64(at, true) !== BigInt(count))
      fail(`its storage ${named} has another length than its pickle says`)
    contents.set(storage.key, bytes.subarray(at + 8, at + 8 + storage.bytes))
    at += 8 + storage.bytes
  }
  const bytesOf = ({ key }: Storage): Uint8Array => contents.get(key) ?? fail(`its storage ${quoted(key)} is missing`)
  return readTorchTensors(value, { pickleLength, fileLength: bytes.length }, bytesOf, fail)
}
