import { unpickle } from './pickle.js'
import { callTorch, isTorchName, storageOf, type Storage } from './torchNames.js'
import { readTorchTensors } from './torchTensors.js'
import { quoted, type StoredTensor } from './weightsFile.js'
import { readZip, type ZipEntry } from './zip.js'

type Fail = (problem: string) => never

/** What stands at the beginning of a zip archive's first entry. */
export const zipSignature: readonly number[] = [0x50, 0x4b, 3, 4]

/** What kind of zip archive it is, where it is none of PyTorch's. */
function otherArchive(names: readonly string[]): string {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name))
  if (has(/^[^/]+\/constants\.pkl$/)) return 'a TorchScript program: save model.state_dict() with torch.save'
  if (has(/^model\.weights\.h5$/)) return "a .keras archive: save the weights as .h5 with Keras' save_weights"
  if (has(/\.npy$/)) return "NumPy's .npz"
  return 'no weights: it has no data.pkl as torch.save writes it'
}

/**
 * The tensors of a file that `torch.save` wrote as a zip archive (torch >= 1.6): `data.pkl`, a pickle, in one folder with
 * `data/0`, `data/1`, ..., the elements of its storages.
 */
export function readTorchZip(bytes: Uint8Array, fail: Fail): Map<string, StoredTensor> {
  const entries = readZip(bytes, fail)
  const names = [...entries.keys()]
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name))
  if (pickles.length !== 1 || names.some((name) => /^[^/]+\/constants\.pkl$/.test(name))) {
    return fail(
      pickles.length > 1 ? 'its zip archive has several data.pkl' : `the zip archive is ${otherArchive(names)}`,
    )
  }
  const folder = pickles[0]!.slice(0, -'data.pkl'.length)
  const contents = (name: string, entry: ZipEntry | undefined): Uint8Array => {
    if (entry === undefined) return fail(`its zip archive has no ${quoted(name)}`)
    if (entry.isStored) return entry.data
    return fail(`its zip entry ${quoted(name)} is compressed or encrypted, which torch.save never does`)
  }
  const order = entries.get(`${folder}byteorder`)
  if (order !== undefined && new TextDecoder().decode(contents('byteorder', order)) !== 'little') {
    fail('it was saved on a big-endian machine: save it again on a little-endian one')
  }
  const pickle = contents('data.pkl', entries.get(`${folder}data.pkl`))
  const host = {
    allows: isTorchName,
    call: (name: string, args: readonly unknown[], spend: (work: number) => void) => callTorch(name, args, spend, fail),
    load: (id: unknown) => storageOf(id, fail),
  }
  const { value, end } = unpickle(pickle, 0, host, fail)
  if (end !== pickle.length) fail('its pickle is damaged: it goes on after its end')
  const bytesOf = ({ key, bytes: length }: Storage): Uint8Array => {
    const name = `${folder}data/${key}`
    const data = contents(name, entries.get(name))
    return data.length === length
      ? data
      : fail(`its storage ${quoted(key)} claims ${length} bytes, but has ${data.length}`)
  }
  return readTorchTensors(value, { pickleLength: pickle.length, fileLength: bytes.length }, bytesOf, fail)
}
