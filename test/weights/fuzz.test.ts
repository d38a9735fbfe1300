import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { readKerasWeights, readWeights, toFloat32, writeSafetensors } from '../../src/weights/index.js'
import reference from '../reference/weights_files.json' with { type: 'json' }
import { joined, pickleOf, tensor, torchZip, unicode, zipOf } from './madeUp.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const named = Object.values(reference.files).map(({ file }) => bytesOf(file))
const real = [...named, ...Object.values(reference.refused).map(bytesOf)]
const safetensors = (['F32', 'F16', 'BF16'] as const).map((dtype) =>
  writeSafetensors(
    new Map([
      ['conv.weight', { shape: [2, 1, 1, 3], data: new Float32Array(6) }],
      ['conv.bias', { shape: [2], data: new Float32Array(2) }],
    ]),
    { format: 'pt' },
    { dtype },
  ),
)

const prototype = Object.getOwnPropertyNames(Object.prototype).join()

/**
 * Reading ends in tensors or in a WeightsError, and in nothing else: what the tensors hold fits the file, and nothing is left
 * on the prototype of all objects. (A hang would end the test by its time limit, running code needs a name that is refused.)
 */
function expectHarmless(bytes: Uint8Array): boolean {
  let isRead = false
  try {
    const { tensors } = readWeights(bytes)
    let total = 0
    for (const stored of tensors.values()) {
      total += stored.data.length
      expect(toFloat32(stored).length).toBe(stored.shape.reduce((product, n) => product * n, 1))
    }
    expect(total).toBeLessThanOrEqual(4 * bytes.length)
    isRead = true
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error
    expect(error.message.length).toBeLessThan(600)
  }
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototype)
  return isRead
}

/** Bytes that matter in these formats: lengths, opcodes, signatures. */
const telling = fc.constantFrom(
  0,
  1,
  2,
  0x7f,
  0x80,
  0xfe,
  0xff,
  ...Buffer.from('(.]})RQqrhj0t\x85\x86\x87cXub{"PK', 'latin1'),
)
const byte = fc.oneof(telling, fc.nat(255))

/** A file with some bytes overwritten, most of them near the ends, where the headers are. */
const mutated = (files: readonly Uint8Array[]): Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...files),
      fc.array(
        fc.tuple(
          fc.oneof(
            fc.nat(400),
            fc.nat(1200).map((at) => -1 - at),
            fc.nat(),
          ),
          byte,
        ),
        { minLength: 1, maxLength: 8 },
      ),
    )
    .map(([file, edits]) => {
      const bytes = file.slice()
      for (const [at, value] of edits) bytes[((at % bytes.length) + bytes.length) % bytes.length] = value
      return bytes
    })

/** A file with a part cut off, out, repeated, or put from another. */
const spliced = (files: readonly Uint8Array[]): Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...files), fc.constantFrom(...files), fc.nat(), fc.nat(), fc.nat(), fc.nat(3))
    .map(([file, other, a, b, c, kind]) => {
      const [from, to] = [a % (file.length + 1), b % (file.length + 1)].toSorted((x, y) => x - y) as [number, number]
      const at = c % (other.length + 1)
      return [
        file.slice(0, to),
        joined([file.subarray(0, from), file.subarray(to)]),
        joined([file.subarray(0, to), file.subarray(from)]),
        joined([file.subarray(0, from), other.subarray(at)]),
      ][kind]!
    })

/** A torch archive, taken apart and put together around a pickle of which bytes are changed, so that its headers stay true. */
const pickles = [
  pickleOf(
    '\x80\x02}(',
    unicode('a'),
    tensor('0', 8, 1, [2, 2], [2, 1]),
    unicode('b'),
    '}q\x01',
    unicode('c'),
    tensor('1', 2, 0, [2], [1]),
    'su.',
  ),
  pickleOf(
    '\x80\x02ccollections\nOrderedDict\n)Rq\0}',
    unicode('x'),
    'K\x01sb(',
    unicode('a'),
    tensor('0', 8, 0, [8], [1]),
    'u.',
  ),
]
const storages = [new Uint8Array(32), new Uint8Array(8)]
const opcodes = Array.from({ length: 256 }, (_, i) => i)
const piece: Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(...'}])(0.tulaesbRQN2\x85\x86\x87\x88\x89\x81\x8f\x90\x91\x93\x94').map((opcode) => pickleOf(opcode)),
  fc.constantFrom(...opcodes).map((opcode) => Uint8Array.of(opcode)),
  fc.nat(3).map((i) => pickleOf('q', [i])),
  fc.nat(3).map((i) => pickleOf('h', [i])),
  fc.constantFrom('a', 'b', '__proto__', 'constructor', 'storage', '0', '').map((text) => pickleOf(unicode(text))),
  fc
    .constantFrom(
      'collections\nOrderedDict',
      'torch._utils\n_rebuild_tensor_v2',
      'torch._tensor\n_rebuild_from_type_v2',
      'torch\nFloatStorage',
      'os\nsystem',
    )
    .map((name) => pickleOf(`c${name}\n`)),
  fc
    .tuple(
      fc.constantFrom('0', '1', '2'),
      fc.nat(9),
      fc.nat(4),
      fc.array(fc.nat(5), { maxLength: 3 }),
      fc.array(fc.nat(5), { maxLength: 3 }),
    )
    .map(([key, count, offset, shape, strides]) => tensor(key, count, offset, shape, strides)),
  fc.uint8Array({ maxLength: 12 }),
)
const value: Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(pickles[0]!.subarray(2, -1)),
  fc.constantFrom('N', 'K\x07', ')', ']', 'U\x01x', 'h\x01').map((part) => pickleOf(part)),
  fc
    .tuple(fc.nat(3), fc.nat(2), fc.nat(2))
    .map(([offset, rows, columns]) => tensor('0', 8, offset, [rows, columns], [columns, 1])),
)
const item = fc.tuple(fc.nat(9), value).map(([i, made]) => pickleOf(unicode(`k${i}`), made, 's'))
/** Mostly items of a dictionary, now and then anything. */
const parts = fc.array(fc.oneof({ arbitrary: item, weight: 6 }, { arbitrary: piece, weight: 1 }), { maxLength: 20 })
const written = parts.map((all) => torchZip(pickleOf('}q\x01', ...all, '.'), ...storages))
const repickled = mutated(pickles).map((pickle) => torchZip(pickle, ...storages))
const wide = (n: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer)
const legacy = fc.tuple(parts, fc.nat(9), byte).map(([all, at, changed]) => {
  const machine = pickleOf('\x80\x02}', unicode('little_endian'), '\x88s.')
  const keys = pickleOf(']', unicode('0'), 'aX\x01\0\0\x001a.')
  const file = joined([
    named[1]!.subarray(0, 15),
    pickleOf('M\xe9\x03.'),
    machine,
    // Both storages are used, as their list says.
    pickleOf(
      '}q\x01',
      unicode('s0'),
      tensor('0', 8, 0, [8], [1]),
      's',
      unicode('s1'),
      tensor('1', 2, 0, [2], [1]),
      's',
      ...all,
      '.',
    ),
    keys,
    wide(8),
    storages[0]!,
    wide(2),
    storages[1]!,
  ])
  if (at > 4) file[file.length - 60 - at * 7] = changed
  return file
})

/** Mostly the truth. */
const size = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 20 },
  { arbitrary: fc.nat(300), weight: 1 },
  { arbitrary: fc.constantFrom(0xffffffff, 0xfffffffe, 0x7fffffff), weight: 1 },
)
const entry = (name: Arbitrary<string>, data: Arbitrary<Uint8Array>): Arbitrary<object> =>
  fc.record({ name, data, method: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 8, 99), size, stored: size, offset: size })
const strange = entry(
  fc.constantFrom(
    'archive/data.pkl',
    'archive/data/0',
    'archive/data/1',
    'archive/byteorder',
    '__proto__',
    'archive/',
    '',
  ),
  fc.constantFrom(...pickles, ...storages),
)
const archives = fc
  .tuple(
    fc
      .tuple(
        entry(fc.constant('archive/data.pkl'), fc.constantFrom(...pickles)),
        entry(fc.constant('archive/data/0'), fc.constant(storages[0]!)),
        entry(fc.constant('archive/data/1'), fc.constant(storages[1]!)),
        fc.array(strange, { maxLength: 2 }),
      )
      .map(([pickle, first, second, more]) => [pickle, first, second, ...more]),
    fc.record({ count: size, length: size, start: size }, { requiredKeys: [] }),
  )
  .map(([entries, end]) => {
    const given = <T extends object>(about: T): T =>
      Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined)) as T
    return zipOf(entries.map(given) as Parameters<typeof zipOf>[0], given(end) as Parameters<typeof zipOf>[1])
  })

const header: Arbitrary<string> = fc.oneof(
  fc.json(),
  fc
    .dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', '__metadata__', 'constructor')),
      fc.record({
        dtype: fc.constantFrom('F32', 'F16', 'BF16', 'BOOL', 'X', '__proto__'),
        shape: fc.array(fc.oneof(fc.nat(4), fc.double(), fc.constant(2 ** 53)), { maxLength: 4 }),
        data_offsets: fc.array(fc.integer({ min: -4, max: 20 }), { maxLength: 3 }),
      }),
    )
    .map((entries) => JSON.stringify(entries)),
)
const headed = fc
  .tuple(header, fc.nat(24), fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })))
  .map(([text, data, claimed]) => {
    const bytes = new TextEncoder().encode(text)
    return joined([
      new Uint8Array(BigUint64Array.of(claimed ?? BigInt(bytes.length)).buffer),
      bytes,
      new Uint8Array(data),
    ])
  })

describe('readWeights ends in tensors or in one WeightsError', () => {
  it.each<[string, Arbitrary<Uint8Array>, number]>([
    ['files of torch.save with some bytes changed', mutated(real), 3000],
    ['files of torch.save cut, doubled and mixed', spliced(real), 1500],
    ['safetensors with some bytes changed', mutated(safetensors), 1500],
    ['safetensors cut, doubled and mixed', spliced(safetensors), 500],
    ['safetensors headers', headed, 1000],
    ['pickles with some bytes changed', repickled, 1500],
    ['pickles made of opcodes', written, 2000],
    ['files of the time before torch 1.6', legacy, 1000],
    ['zip archives that lie', archives, 1500],
    [
      'bytes',
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(byte, { maxLength: 100 }).map((all) => Uint8Array.from(all)),
      ),
      500,
    ],
  ])('%s', (name, files, numRuns) => {
    let read = 0
    fc.assert(
      fc.property(files, (bytes) => {
        if (expectHarmless(bytes)) read++
      }),
      { numRuns, seed: 5 },
    )
    // The cases reach far: among most kinds some are whole enough to be read.
    if (!['bytes', 'safetensors cut, doubled and mixed'].includes(name)) expect(read).toBeGreaterThan(0)
  })
})

describe('readKerasWeights ends in tensors or in one WeightsError', () => {
  const files = Object.values(reference.keras).map(({ file }) => bytesOf(file))
  it('HDF5 files with some bytes changed, cut, doubled and mixed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated(files), spliced(files)), async (bytes) => {
        const outcome = await readKerasWeights(bytes).catch((error: unknown) => error)
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(WeightsError)
      }),
      { numRuns: 600, seed: 5 },
    )
    // The library is as it was.
    expect((await readKerasWeights(files[0]!)).tensors.size).toBe(2)
  })
})
