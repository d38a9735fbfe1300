import { quoted } from './weightsFile.js'

import { AllowedName, Dictionary, opaque, Sequence } from './pickleValues.js'

type Fail = (problem: string) => never

/** What a pickle may make beside lists, dictionaries, strings and numbers. Nothing of it runs code of the file. */
export interface PickleHost {
  /** Whether a pickle may ask for the name; any other ends the reading. */
  readonly allows: (name: string) => boolean
  /** What the call of an allowed name gives. `spend` has to be told of all work that grows with the arguments. */
  readonly call: (name: string, args: readonly unknown[], spend: (work: number) => void) => unknown
  /** What a persistent id (here: of a storage) stands for. */
  readonly load: (id: unknown) => unknown
}

/** A value that was read, and where its pickle ends. */
export interface Unpickled {
  readonly value: unknown
  readonly end: number
}

/** For the strings of Python 2 and for names, which are ASCII. */
const latin1 = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const highestProtocol = 5
/** The longest pickle that is read: that of some 20,000 tensors. One byte can make an object of a hundred. */
const mostBytes = 4 * 2 ** 20

/** A little-endian signed integer of 0 to 6 bytes; of more, nothing is needed. */
function readLong(bytes: Uint8Array): unknown {
  if (bytes.length > 6) return opaque
  let value = 0
  for (let i = 0; i < bytes.length; i++) value += bytes[i]! * 256 ** i
  return bytes.length > 0 && bytes.at(-1)! >= 128 ? value - 256 ** bytes.length : value
}

/**
 * Reads one Python pickle (protocols 2 to 5, the opcodes that PyTorch writes) without running anything: a name outside the
 * host's list, and an opcode that could make anything else, ends it. Time and memory are in proportion to the bytes:
 * containers that contain themselves are left as they are, attributes (`BUILD`) are dropped.
 *
 * This is own code because pickleparser 0.2.1 cannot be bounded: one integer of 400 kB (`LONG4`) takes it 21 s, `BUILD`
 * writes properties onto the functions that stand for allowed names, and a list of 200,000 items overflows its call stack.
 *
 * @param start where the pickle begins
 * @param fail throws the error for a problem
 */
export function unpickle(bytes: Uint8Array, start: number, host: PickleHost, fail: Fail): Unpickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stack: unknown[] = []
  const marks: number[] = []
  const memo = new Map<number, unknown>()
  const limit = Math.min(bytes.length, start + mostBytes)
  let at = start
  let spent = 0
  const damaged = (what: string): never => fail(`its pickle is damaged: ${what}`)
  const spend = (work: number): void => {
    spent += work
    if (spent > limit - start) damaged('its calls use the same arguments too often')
  }
  /** Steps over `length` bytes and says where they began. */
  const take = (length: number): number => {
    if (!(length <= limit - at)) {
      damaged(limit === bytes.length ? 'it ends too soon' : `it is longer than ${mostBytes} bytes`)
    }
    at += length
    return at - length
  }
  const uint8 = (): number => bytes[take(1)]!
  const uint32 = (): number => view.getUint32(take(4), true)
  const uint64 = (): number => Number(view.getBigUint64(take(8), true))
  const slice = (length: number): Uint8Array => {
    const from = take(length)
    return bytes.subarray(from, at)
  }
  const skip = (length: number): symbol => {
    take(length)
    return opaque
  }
  const line = (): string => {
    const length = bytes.subarray(at, limit).indexOf(10)
    if (length < 0) damaged('it ends too soon')
    return latin1.decode(slice(length + 1).subarray(0, -1))
  }
  const pop = (): unknown => {
    if (stack.length <= (marks.at(-1) ?? 0)) damaged('it takes more values than it has')
    return stack.pop()
  }
  const top = (): unknown => {
    const value = pop()
    stack.push(value)
    return value
  }
  const popItems = (): unknown[] => stack.splice(marks.pop() ?? damaged('a mark is missing'))
  const tuple = (count: number): Sequence => {
    const items = Array.from({ length: count }, pop)
    return new Sequence(items.reverse())
  }
  const remember = (index: number): void => void memo.set(index, top())
  const recall = (index: number): unknown =>
    memo.has(index) ? memo.get(index) : damaged(`it refers to value ${index}, which is not there`)
  const name = (module: unknown, attribute: unknown): AllowedName => {
    if (typeof module !== 'string' || typeof attribute !== 'string') return damaged('a name is no string')
    const whole = `${module}.${attribute}`
    if (host.allows(whole)) return new AllowedName(whole)
    return fail(
      `its pickle asks for ${quoted(whole)}, which no tensor needs; nothing was run. Save ` +
        'model.state_dict() alone, not the model or other objects',
    )
  }
  const call = (): unknown => {
    const args = pop()
    const callee = pop()
    if (!(callee instanceof AllowedName) || !(args instanceof Sequence)) return damaged('it calls what is no name')
    return host.call(callee.name, args.items, spend)
  }
  const append = (items: readonly unknown[]): void => {
    const list = top()
    if (!(list instanceof Sequence)) damaged('it appends to what is no list')
    else for (const item of items) list.append(item)
  }
  const setItems = (items: readonly unknown[]): void => {
    const dictionary = top()
    if (items.length % 2 === 1) damaged('a key has no value')
    if (!(dictionary instanceof Dictionary)) damaged('it sets an item of what is no dictionary')
    else for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1])
  }

  /** The opcodes that push a value, by their bytes (Python's `pickletools` names them as the comments do). */
  const pushes: Readonly<Record<number, () => unknown>> = {
    0x4e: () => null, // NONE
    0x88: () => true, // NEWTRUE
    0x89: () => false, // NEWFALSE
    0x4b: uint8, // BININT1
    0x4d: () => view.getUint16(take(2), true), // BININT2
    0x4a: () => view.getInt32(take(4), true), // BININT
    0x8a: () => readLong(slice(uint8())), // LONG1
    0x8b: () => readLong(slice(uint32())), // LONG4
    0x47: () => view.getFloat64(take(8), false), // BINFLOAT
    0x58: () => utf8.decode(slice(uint32())), // BINUNICODE
    0x8c: () => utf8.decode(slice(uint8())), // SHORT_BINUNICODE
    0x8d: () => utf8.decode(slice(uint64())), // BINUNICODE8
    0x54: () => latin1.decode(slice(uint32())), // BINSTRING
    0x55: () => latin1.decode(slice(uint8())), // SHORT_BINSTRING
    0x42: () => skip(uint32()), // BINBYTES
    0x43: () => skip(uint8()), // SHORT_BINBYTES
    0x8e: () => skip(uint64()), // BINBYTES8
    0x96: () => skip(uint64()), // BYTEARRAY8
    0x29: () => new Sequence(), // EMPTY_TUPLE
    0x5d: () => new Sequence(), // EMPTY_LIST
    0x8f: () => new Sequence(), // EMPTY_SET
    0x7d: () => new Dictionary(), // EMPTY_DICT
    0x85: () => tuple(1), // TUPLE1
    0x86: () => tuple(2), // TUPLE2
    0x87: () => tuple(3), // TUPLE3
    0x74: () => new Sequence(popItems()), // TUPLE
    0x91: () => new Sequence(popItems()), // FROZENSET
    0x32: top, // DUP
    0x68: () => recall(uint8()), // BINGET
    0x6a: () => recall(uint32()), // LONG_BINGET
    0x63: () => name(line(), line()), // GLOBAL
    0x52: call, // REDUCE
    0x81: call, // NEWOBJ
    0x51: () => host.load(pop()), // BINPERSID
    // STACK_GLOBAL
    0x93: () => {
      const attribute = pop()
      return name(pop(), attribute)
    },
  }
  /** The opcodes that push none. */
  const steps: Readonly<Record<number, () => void>> = {
    // PROTO
    0x80: () => {
      const protocol = uint8()
      if (protocol > highestProtocol) fail(`its pickle is of protocol ${protocol}; known are 2 to ${highestProtocol}`)
    },
    0x95: () => skip(8), // FRAME
    0x28: () => marks.push(stack.length), // MARK
    0x30: pop, // POP
    0x31: popItems, // POP_MARK
    0x71: () => remember(uint8()), // BINPUT
    0x72: () => remember(uint32()), // LONG_BINPUT
    0x94: () => remember(memo.size), // MEMOIZE
    0x61: () => append([pop()]), // APPEND
    0x65: () => append(popItems()), // APPENDS
    0x90: () => append(popItems()), // ADDITEMS
    // SETITEM
    0x73: () => {
      const value = pop()
      setItems([pop(), value])
    },
    0x75: () => setItems(popItems()), // SETITEMS
    // BUILD: the attributes of an object are dropped.
    0x62: () => {
      pop()
      top()
    },
  }
  for (;;) {
    const opcode = uint8()
    if (opcode === 0x2e) return { value: pop(), end: at } // STOP
    if (Object.hasOwn(pushes, opcode)) stack.push(pushes[opcode]!())
    else if (Object.hasOwn(steps, opcode)) steps[opcode]!()
    else damaged(`opcode 0x${opcode.toString(16).padStart(2, '0')} is none that tensors need`)
  }
}
