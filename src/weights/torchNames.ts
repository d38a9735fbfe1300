import { AllowedName, Dictionary, opaque, Sequence } from './pickleValues.js'
import { elementBytes, quoted, type SafetensorsDtype } from './weightsFile.js'

type Fail = (problem: string) => never

/** PyTorch's storage classes and what their elements are. */
const storageTypes: ReadonlyMap<string, SafetensorsDtype> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
])
const untypedStorages = ['torch.storage.UntypedStorage', 'torch.storage._UntypedStorage', 'torch.UntypedStorage']

const dtypes: ReadonlyMap<string, SafetensorsDtype> = new Map([
  ['torch.float64', 'F64'],
  ['torch.float32', 'F32'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint8', 'U8'],
  ['torch.bool', 'BOOL'],
])

/** More dimensions no tensor of PyTorch has. */
const mostDimensions = 64

/** The elements behind one or more tensors, not yet read. */
export class Storage {
  /** Its name in the file. */
  readonly key: string
  /** The type of its elements; undefined where only its bytes are known. */
  readonly dtype: SafetensorsDtype | undefined
  /** Its length in bytes. */
  readonly bytes: number
  constructor(key: string, dtype: SafetensorsDtype | undefined, bytes: number) {
    this.key = key
    this.dtype = dtype
    this.bytes = bytes
  }
}

/** A tensor as its pickle describes it: a window onto a storage, all in elements. */
export interface TensorWindow {
  readonly storage: Storage
  readonly dtype: SafetensorsDtype
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** A {@link TensorWindow} among the values of a pickle. */
export class WindowValue {
  readonly window: TensorWindow
  constructor(window: TensorWindow) {
    this.window = window
  }
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const sizesOf = (value: unknown, fail: Fail): readonly number[] =>
  value instanceof Sequence && value.items.length <= mostDimensions && value.items.every(isSize)
    ? [...(value.items as number[])]
    : fail('its pickle describes a tensor without proper sizes and strides')

/** `torch._utils._rebuild_tensor(storage, offset, size, stride, ...)` and its later versions. */
function rebuildTensor(args: readonly unknown[], dtype: unknown, fail: Fail): WindowValue {
  const [storage, offset, size, stride] = args
  if (!(storage instanceof Storage) || !isSize(offset)) return fail('its pickle describes a tensor without a storage')
  const type = storage.dtype ?? (dtype instanceof AllowedName ? dtypes.get(dtype.name) : undefined)
  if (type === undefined) return fail('its pickle describes a tensor without an element type')
  const [shape, strides] = [sizesOf(size, fail), sizesOf(stride, fail)]
  if (shape.length !== strides.length) return fail('its pickle describes a tensor with other sizes than strides')
  return new WindowValue({ storage, dtype: type, offset, shape, strides })
}

/** A negated or conjugated view is stored without its sign, and says so here. */
function requirePlain(metadata: unknown, fail: Fail): void {
  if (!(metadata instanceof Dictionary)) return
  for (const key of ['neg', 'conj']) {
    if (metadata.entries.get(key) === true) fail('it has a negated or conjugated view: save a copy made by .clone()')
  }
}

function orderedDictionary(args: readonly unknown[], spend: (work: number) => void, fail: Fail): Dictionary {
  const made = new Dictionary()
  const [pairs] = args
  if (pairs === undefined) return made
  // Python 2 gives its items here.
  if (!(pairs instanceof Sequence)) return fail('its pickle makes a dictionary of what are no pairs')
  spend(pairs.items.length)
  for (const pair of pairs.items) {
    if (!(pair instanceof Sequence) || pair.items.length !== 2)
      fail('its pickle makes a dictionary of what are no pairs')
    else made.set(pair.items[0], pair.items[1])
  }
  return made
}

type Call = (args: readonly unknown[], spend: (work: number) => void, fail: Fail) => unknown

const first: Call = ([value]) => value
const nothing: Call = () => opaque

/** What may be called: the names that build tensors, and those of harmless things that stand beside them. */
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', orderedDictionary],
  ['collections.Counter', nothing],
  ['torch._utils._rebuild_tensor', (args, _, fail) => rebuildTensor(args, undefined, fail)],
  [
    'torch._utils._rebuild_tensor_v2',
    (args, _, fail) => {
      requirePlain(args[6], fail)
      return rebuildTensor(args, undefined, fail)
    },
  ],
  [
    'torch._utils._rebuild_tensor_v3',
    (args, _, fail) => {
      requirePlain(args[7], fail)
      return rebuildTensor(args, args[6], fail)
    },
  ],
  ['torch._utils._rebuild_parameter', first],
  ['torch._utils._rebuild_parameter_with_state', first],
  ['torch._tensor._rebuild_from_type_v2', ([callee, , args], spend, fail) => callByValue(callee, args, spend, fail)],
  ['torch.Size', first],
  ['torch.device', nothing],
  ['_codecs.encode', nothing],
  ['builtins.set', nothing],
  ['__builtin__.set', nothing],
  ['builtins.bytearray', nothing],
  ['__builtin__.bytearray', nothing],
])

/** Names that are passed on and never called. */
const constants: ReadonlySet<string> = new Set([
  ...storageTypes.keys(),
  ...untypedStorages,
  ...dtypes.keys(),
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
])

function callByValue(callee: unknown, args: unknown, spend: (work: number) => void, fail: Fail): unknown {
  const isRebuild = callee instanceof AllowedName && /^torch\._utils\._rebuild_(tensor|parameter)/.test(callee.name)
  if (!isRebuild || !(args instanceof Sequence)) return fail('its pickle rebuilds what is no tensor')
  return callTorch(callee.name, args.items, spend, fail)
}

/** Whether a PyTorch checkpoint may name it. */
export const isTorchName = (name: string): boolean => calls.has(name) || constants.has(name)

/** What the call of an allowed name stands for; nothing but lists, dictionaries and windows onto storages is made. */
export function callTorch(name: string, args: readonly unknown[], spend: (work: number) => void, fail: Fail): unknown {
  const call = calls.get(name)
  return call === undefined ? fail(`its pickle calls ${name}, which is no function`) : call(args, spend, fail)
}

/** The storage of a persistent id: `('storage', type, key, device, elements, view)`; the last is there in old files only. */
export function storageOf(id: unknown, fail: Fail): Storage {
  const [kind, type, key, , count, view] = id instanceof Sequence ? id.items : []
  if (kind !== 'storage' || typeof key !== 'string' || !isSize(count) || !(type instanceof AllowedName)) {
    return fail('its pickle refers to what is no storage of elements')
  }
  if (view !== undefined && view !== null) fail(`its storage ${quoted(key)} is a view: save it again with torch >= 1.6`)
  if (untypedStorages.includes(type.name)) return new Storage(key, undefined, count)
  const dtype = storageTypes.get(type.name)
  return dtype === undefined
    ? fail(`its pickle has a storage of type ${type.name}`)
    : new Storage(key, dtype, count * elementBytes[dtype])
}
