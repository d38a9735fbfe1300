import { describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { readSafetensors, readWeights, toFloat32 } from '../../src/weights/index.js'
import { joined, pickleOf, tensor, torchZip, unicode, zipOf, type MadeUpEnd, type MadeUpEntry } from './madeUp.js'

const floats = new Uint8Array(new Float32Array([1, 2]).buffer)
const one = pickleOf('\x80\x02}', unicode('a'), tensor('0', 2, 0, [2], [1]), 's.')
const many = (part: string | Uint8Array, count: number): Uint8Array => {
  const bytes = Buffer.from(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
  return new Uint8Array(Buffer.alloc(bytes.length * count, bytes))
}
const values = (bytes: Uint8Array): Record<string, number[]> =>
  Object.fromEntries([...readWeights(bytes).tensors].map(([name, found]) => [name, [...toFloat32(found)]]))

function thrownBy(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

function expectRefusal(bytes: Uint8Array, message: string): void {
  const error = thrownBy(() => readWeights(bytes))
  expect(error).toBeInstanceOf(WeightsError)
  expect(String(error)).toContain(message)
}

describe('a hostile pickle', () => {
  it('is told from an honest one, written the same way', () => {
    expect(values(torchZip(one, floats))).toEqual({ a: [1, 2] })
  })

  const million = 2 ** 20
  const nested = many(pickleOf('}q\0', unicode('a'), 'h\0s'), 40)
  const laughs = pickleOf(
    ...Array.from({ length: 60 }, (_, i) =>
      pickleOf(
        i === 0 ? '}' : pickleOf('}', unicode('a'), ['h'.charCodeAt(0), i - 1], 's', unicode('b'), 'h', [i - 1], 's'),
        'q',
        [i],
      ),
    ),
  )
  it.each<[string, Uint8Array, string]>([
    [
      'of lists only, as long as a pickle may be',
      many(']', 4 * million + 1),
      'is damaged: it is longer than 4194304 bytes',
    ],
    ['of dictionaries only', many('}', million), 'it ends too soon'],
    ['of dictionaries with an item each', many('}NNs', million - 1), 'it ends too soon'],
    ['of marks only', many('(', million), 'it ends too soon'],
    ['of tuples a million deep', pickleOf('N', many('\x85', million), '.'), 'holds no named tensors'],
    ['of lists a million deep', pickleOf(many(']', million), many('a', million - 1), '.'), 'holds no named tensors'],
    [
      'with a number of 400 kB',
      pickleOf([0x8b, 0x80, 0x1a, 6, 0], many('\x01', 400_000), '.'),
      'holds no named tensors',
    ],
    ['with a string of 4 GB', pickleOf('X\xff\xff\xff\xff', 'abc'), 'it ends too soon'],
    ['with a string of 2^63 bytes', pickleOf('\x8d\0\0\0\0\0\0\0\x80', 'abc'), 'it ends too soon'],
    ['with bytes of 4 GB', pickleOf('B\xff\xff\xff\xff', 'abc'), 'it ends too soon'],
    ['with a frame of 2^63 bytes', pickleOf('\x95\0\0\0\0\0\0\0\x80'), 'it ends too soon'],
    ['that is empty', new Uint8Array(), 'it ends too soon'],
    ['that takes what is not there', pickleOf('0.'), 'it takes more values than it has'],
    ['that takes what stands before a mark', pickleOf('N(a.'), 'it takes more values than it has'],
    ['that closes a mark twice', pickleOf('(tt.'), 'a mark is missing'],
    ['that recalls nothing', pickleOf('h\x05.'), 'it refers to value 5, which is not there'],
    ['that goes on after its end', pickleOf(one, 'N.'), 'it goes on after its end'],
    ['of a dictionary that contains itself', pickleOf('}q\0', unicode('a'), 'h\0s.'), 'its dictionaries'],
    ['of dictionaries 40 deep', pickleOf('}', unicode('a'), nested, many('s', 1), '.'), 'more than 32 deep'],
    ['of 2^60 names', pickleOf(laughs, '.'), 'its dictionaries'],
    [
      'of long names in one long name',
      pickleOf(
        '}',
        unicode('x'.repeat(1e5)),
        '}',
        ...Array.from({ length: 1000 }, (_, i) => pickleOf(unicode(String(i)), 'Ns')),
        's.',
      ),
      'contain each other too often',
    ],
    [
      'that calls with the same pairs again and again',
      pickleOf('](', many('NN\x86', 20_000), 'eq\0', many('ccollections\nOrderedDict\nh\0\x85R0', 1000), 'N.'),
      'use the same arguments too often',
    ],
    ['that appends to a number', pickleOf('K\x01K\x02a.'), 'it appends to what is no list'],
    ['that sets an item of a list', pickleOf(']NNs.'), 'what is no dictionary'],
    ['with a key without a value', pickleOf('}(Nu.'), 'a key has no value'],
    ['that calls a number', pickleOf('K\x01)R.'), 'it calls what is no name'],
    ['that calls with a number', pickleOf('ccollections\nOrderedDict\nK\x01R.'), 'it calls what is no name'],
    [
      'that calls a storage type',
      pickleOf('ctorch\nFloatStorage\n)R.'),
      'calls torch.FloatStorage, which is no function',
    ],
    ['that names by a number', pickleOf('K\x01K\x02\x93.'), 'a name is no string'],
    ['that names what every object has', pickleOf('cconstructor\n__proto__\n.'), 'asks for "constructor.__proto__"'],
    ['that names without an end', pickleOf('cos'), 'it ends too soon'],
    ['of protocol 200', pickleOf('\x80\xc8.'), 'of protocol 200'],
    ['with an extension', pickleOf('\x82\x01.'), 'opcode 0x82'],
    ['of a storage without a name', pickleOf('NQ.'), 'refers to what is no storage'],
    ['that rebuilds nothing', pickleOf('ctorch._utils\n_rebuild_tensor_v2\n)R.'), 'a tensor without a storage'],
    [
      'that rebuilds by what is no builder',
      pickleOf('ctorch._tensor\n_rebuild_from_type_v2\nccollections\nOrderedDict\nN)\x87R.'),
      'rebuilds what is no tensor',
    ],
  ])('%s', (_, pickle, message) => expectRefusal(torchZip(pickle, floats), message))

  const shaped = (count: number, offset: number, shape: number[], strides: number[]): Uint8Array =>
    torchZip(pickleOf('}', unicode('a'), tensor('0', count, offset, shape, strides), 's.'), floats)
  it.each<[string, Uint8Array, string]>([
    ['repeats one element a billion times', shaped(2, 0, [2 ** 15, 2 ** 15], [0, 0]), 'more than 4 times'],
    [
      'has more elements than numbers can count',
      shaped(2, 0, Array(8).fill(2 ** 40), Array(8).fill(0)),
      'more than 4 times',
    ],
    ['reaches beyond its storage', shaped(2, 0, [3], [1]), 'tensor "a" has an element 2, but a storage of 2'],
    ['reaches beyond by its steps', shaped(2, 0, [2], [2]), 'has an element 2, but a storage of 2'],
    ['begins beyond its storage', shaped(2, 2 ** 40, [1], [1]), 'has an element'],
    ['has a storage that is longer than its entry', shaped(3, 0, [1], [1]), 'claims 12 bytes, but has 8'],
    ['has 100 dimensions', shaped(2, 0, Array(100).fill(1), Array(100).fill(1)), 'without proper sizes'],
    ['has fewer strides than sizes', shaped(2, 0, [1, 1], [1]), 'other sizes than strides'],
  ])('with a tensor that %s', (_, bytes, message) => expectRefusal(bytes, message))

  it('is read where it is odd but harmless', () => {
    const rest = tensor('0', 2, 1, [1], [1])
    // A memo of one value under the largest number, a dictionary in two places, a list that contains itself.
    const pickle = pickleOf(
      '\x80\x02}r\xff\xff\xff\xff',
      unicode('b'),
      rest,
      'q\x07s',
      unicode('b2'),
      'h\x07s',
      unicode('l'),
      ']q\x01h\x01as',
      unicode('__proto__'),
      'h\x07s',
      '.',
    )
    const { tensors } = readWeights(torchZip(pickle, floats))
    expect([...tensors.keys()]).toEqual(['b', 'b2', '__proto__'])
    expect(toFloat32(tensors.get('__proto__')!)).toEqual(new Float32Array([2]))
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('has the last value of a name, as in Python, but never two tensors of one dotted name', () => {
    const [first, second] = [tensor('0', 2, 0, [1], [1]), tensor('0', 2, 1, [1], [1])]
    expect(values(torchZip(pickleOf('}', unicode('a'), first, 's', unicode('a'), second, 's.'), floats))).toEqual({
      a: [2],
    })
    const dotted = pickleOf('}', unicode('a'), '}', unicode('b'), first, 'ss', unicode('a.b'), second, 's.')
    expectRefusal(torchZip(dotted, floats), 'two tensors are named "a.b"')
  })
})

describe('a hostile zip archive', () => {
  const honest: MadeUpEntry[] = [
    { name: 'archive/data.pkl', data: one },
    { name: 'archive/data/0', data: floats },
  ]
  const [pickle, storage] = honest as [MadeUpEntry, MadeUpEntry]
  const size = pickle.data.length
  it.each<[string, MadeUpEntry[], MadeUpEnd, string]>([
    ['a deflate bomb', [{ ...pickle, method: 8, size: 2 ** 32 - 2 }, storage], {}, 'is compressed or encrypted'],
    ['two files of one name', [...honest, storage], {}, '"archive/data/0" is there twice'],
    ['two pickles', [...honest, { ...pickle, name: 'b/data.pkl' }], {}, 'several data.pkl'],
    ['entries that overlap', [pickle, { ...storage, offset: 0, headerName: 'x' }], {}, 'has a header of another name'],
    [
      'an entry in another',
      [{ ...pickle, stored: size + 50, size: size + 50 }, storage],
      {},
      'has entries that overlap',
    ],
    [
      'an entry of 4 GB',
      [{ ...pickle, stored: 2 ** 32 - 2, size: 2 ** 32 - 2 }, storage],
      {},
      'reaches beyond its archive',
    ],
    ['an entry beyond the end', [{ ...pickle, offset: 2 ** 32 - 2 }, storage], {}, 'has no header'],
    ['an entry where there is none', [{ ...pickle, offset: 3 }, storage], {}, 'has no header'],
    ['an entry of two sizes', [{ ...pickle, size: 7 }, storage], {}, 'claims 7 bytes, but has'],
    ['sizes of 64 bits that are missing', [{ ...pickle, size: 2 ** 32 - 1 }, storage], {}, 'without its 64-bit sizes'],
    ['more entries than there are', honest, { count: 60_000 }, 'has a damaged entry'],
    ['fewer entries than there are', honest, { count: 1 }, 'another number of entries'],
    ['a directory beyond the end', honest, { start: 2 ** 32 - 2 }, 'points beyond the end'],
    ['a directory of 4 GB', honest, { length: 2 ** 32 - 2 }, 'points beyond the end'],
    ['a 64-bit directory that is missing', honest, { count: 0xffff }, 'the 64-bit one is missing'],
    ['no pickle', [storage], {}, 'it has no data.pkl'],
    ['no storage', [pickle], {}, 'has no "archive/data/0"'],
  ])('%s', (_, entries, end, message) => expectRefusal(zipOf(entries, end), message))

  it('with a 64-bit directory of nonsense', () => {
    const bytes = zipOf(honest, { count: 0xffff })
    const at = bytes.length - 22
    const wide = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer)
    const record = (start: bigint, count: bigint): Uint8Array =>
      joined([[0x50, 0x4b, 6, 6], new Uint8Array(28), wide(count), wide(100n), wide(start)])
    const locator = (where: bigint): Uint8Array =>
      joined([[0x50, 0x4b, 6, 7, 0, 0, 0, 0], wide(where), new Uint8Array(4)])
    const built = (where: bigint, start: bigint, count: bigint): Uint8Array =>
      joined([bytes.subarray(0, at), record(start, count), locator(where), bytes.subarray(at)])
    const here = BigInt(at)
    const directory = BigInt(new DataView(bytes.buffer).getUint32(at + 16, true))
    expectRefusal(built(2n ** 63n, directory, 2n), 'points beyond the end')
    expectRefusal(built(3n, directory, 2n), 'the 64-bit one is not where it should be')
    expectRefusal(built(here, 2n ** 64n - 1n, 2n), 'points beyond the end')
    expectRefusal(built(here, directory, 2n ** 64n - 1n), 'points beyond the end')
    expectRefusal(built(here, directory, 2n), 'has a damaged entry')
  })

  it('that is cut off anywhere', () => {
    const whole = zipOf(honest)
    for (let length = 0; length < whole.length; length++) {
      expect(() => readWeights(whole.subarray(0, length))).toThrow(WeightsError)
    }
    expect(values(whole)).toEqual({ a: [1, 2] })
  })
})

describe('a hostile safetensors header', () => {
  const file = (header: string): Uint8Array => {
    const bytes = new TextEncoder().encode(header)
    return joined([new Uint8Array(BigUint64Array.of(BigInt(bytes.length)).buffer), bytes])
  }
  const deep = '['.repeat(1e6) + ']'.repeat(1e6)
  it.each([
    ['a dtype a million deep', `{"a":{"dtype":${deep},"shape":[],"data_offsets":[0,0]}}`, 'has dtype of type object'],
    ['a shape a million deep', `{"a":{"dtype":"F32","shape":${deep},"data_offsets":[0,0]}}`, 'is no list of sizes'],
    ['metadata a million deep', `{"__metadata__":{"a":${deep}}}`, 'must map names to strings'],
    ['an entry a million deep', `{"a":${deep}}`, 'has no description'],
    [
      'a shape of a million sizes',
      `{"a":{"dtype":"F32","shape":[${'9,'.repeat(1e6)}9],"data_offsets":[0,0]}}`,
      'needs',
    ],
  ])('%s', (_, header, message) => {
    expect(() => readSafetensors(file(header))).toThrow(WeightsError)
    expect(() => readSafetensors(file(header))).toThrow(message)
  })

  it('has errors of a readable length', () => {
    const long = 'x'.repeat(1e6)
    for (const header of [
      `{"${long}":1}`,
      `{"a":{"dtype":"${long}","shape":[],"data_offsets":[0,0]}}`,
      `{"a":{"dtype":"F32","shape":[${'9,'.repeat(1e6)}9],"data_offsets":[0,0]}}`,
    ]) {
      const message = String(thrownBy(() => readSafetensors(file(header))))
      expect(message).toMatch(/^WeightsError/)
      expect(message.length).toBeLessThan(500)
    }
  })
})
