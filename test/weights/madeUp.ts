/** What a made-up zip archive says of an entry; the lies are what is given here. */
export interface MadeUpEntry {
  name: string
  data: Uint8Array
  /** Compression method; default 0, stored. */
  method?: number
  /** Sizes in the directory; default the truth. */
  size?: number
  stored?: number
  /** Where the directory says its header is; default where it is. */
  offset?: number
  /** The name in the header; default that of the directory. */
  headerName?: string
}

/** What the record at the end says; default the truth. */
export interface MadeUpEnd {
  count?: number
  length?: number
  start?: number
}

const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256)
const text = (value: string): number[] => [...new TextEncoder().encode(value)]

export function joined(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))))
}

/** A zip archive, written by hand. */
export function zipOf(entries: readonly MadeUpEntry[], end: MadeUpEnd = {}): Uint8Array {
  const locals: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const { name, data, method = 0, size = data.length, stored = data.length, offset = at, ...rest } of entries) {
    const headerName = text(rest.headerName ?? name)
    const sizes = [...little(0, 8), ...little(stored, 4), ...little(size, 4)]
    const about = [...little(0, 2), ...little(method, 2)]
    const local = joined([
      [0x50, 0x4b, 3, 4, 10, 0, ...about, ...sizes, ...little(headerName.length, 2), 0, 0, ...headerName],
      data,
    ])
    const lengths = [...little(text(name).length, 2), ...little(0, 12)]
    directory.push(
      joined([[0x50, 0x4b, 1, 2, 10, 0, 10, 0, ...about, ...sizes, ...lengths, ...little(offset, 4), ...text(name)]]),
    )
    locals.push(local)
    at += local.length
  }
  const length = directory.reduce((sum, entry) => sum + entry.length, 0)
  const { count = entries.length } = end
  const ending = [
    ...little(count, 2),
    ...little(count, 2),
    ...little(end.length ?? length, 4),
    ...little(end.start ?? at, 4),
  ]
  return joined([...locals, ...directory, [0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...ending, 0, 0]])
}

/** A checkpoint of torch >= 1.6 around any pickle; storages have the keys 0, 1, ... */
export const torchZip = (pickle: Uint8Array, ...storages: Uint8Array[]): Uint8Array =>
  zipOf([
    { name: 'archive/data.pkl', data: pickle },
    ...storages.map((data, i) => ({ name: `archive/data/${i}`, data })),
  ])

/** A pickle from Latin-1 strings and bytes. */
export const pickleOf = (...parts: (string | Uint8Array | readonly number[])[]): Uint8Array =>
  joined(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))

/** BINUNICODE. */
export const unicode = (value: string): number[] => [0x58, ...little(text(value).length, 4), ...text(value)]

const long = (value: number): number[] => [0x8a, 6, ...little(value, 6)]

/** A window onto storage `key` of `count` float32, as `_rebuild_tensor_v2` describes it. */
export const tensor = (key: string, count: number, offset: number, shape: number[], strides: number[]): Uint8Array =>
  pickleOf(
    'ctorch._utils\n_rebuild_tensor_v2\n((',
    unicode('storage'),
    'ctorch\nFloatStorage\n',
    unicode(key),
    unicode('cpu'),
    long(count),
    'tQ',
    long(offset),
    '(',
    ...shape.map(long),
    't(',
    ...strides.map(long),
    't\x89NtR',
  )
