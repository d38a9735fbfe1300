import { WeightsError } from '../errors.js'
import { bfloat16ToFloat, floatToBfloat16, floatToHalf, halfToFloat } from './half.js'
import type { NamedTensors } from './tensors.js'
import { elementBytes, quoted, type SafetensorsDtype, type StoredTensor } from './weightsFile.js'

/** A parsed safetensors file. */
export interface Safetensors {
  /** Every tensor by name, in the order of the header. */
  readonly tensors: Map<string, StoredTensor>
  /** The free text entries of `__metadata__`. */
  readonly metadata: Record<string, string>
}

/** The format's own bound on the header, in bytes. */
const maximumHeader = 100_000_000

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Checks one header entry and cuts its bytes out of the data section. */
function readEntry(
  name: string,
  entry: unknown,
  section: Uint8Array,
  source: string,
): StoredTensor & { start: number; end: number } {
  const fail = (problem: string): never => {
    throw new WeightsError(source, `tensor ${quoted(name)} ${problem}`)
  }
  if (!isObject(entry)) return fail('has no description')
  const { dtype, shape, data_offsets: offsets } = entry
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype)) {
    const given = typeof dtype === 'string' ? quoted(dtype) : `of type ${typeof dtype}`
    return fail(`has dtype ${given}; known are ${Object.keys(elementBytes).join(', ')}`)
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail('has a shape that is no list of sizes')
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) return fail('has no two data offsets')
  const [start, end] = offsets as [number, number]
  if (start > end || end > section.length) {
    return fail(`reaches from byte ${start} to ${end}, but the data section has ${section.length} bytes`)
  }
  const kind = dtype as SafetensorsDtype
  const wanted = shape.reduce((product, size) => product * size, elementBytes[kind])
  if (wanted !== end - start) {
    const sizes = `${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}`
    return fail(`${kind} [${sizes}] needs ${wanted} bytes, but has ${end - start}`)
  }
  return { dtype: kind, shape, data: section.subarray(start, end), start, end }
}

/**
 * Parses a safetensors file: an 8-byte little-endian header length, a JSON header, and the data section, which the
 * tensors must cover from end to end without gap or overlap. Nothing in the file is trusted: every length and offset
 * is checked before it is used, and nothing is allocated by its word.
 *
 * @param bytes the whole file
 * @param source what error messages call it; default `safetensors`
 * @throws WeightsError when the file is malformed in any way
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(bytes: Uint8Array, source = 'safetensors'): Safetensors {
  if (bytes.length < 8) throw new WeightsError(source, `the file has ${bytes.length} bytes, a header needs at least 8`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getBigUint64(0, true)
  if (length > BigInt(Math.min(maximumHeader, bytes.length - 8))) {
    throw new WeightsError(source, `the header claims ${length} bytes, the file has ${bytes.length}`)
  }
  const headerEnd = 8 + Number(length)
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, headerEnd)))
  } catch {
    throw new WeightsError(source, 'the header is not JSON')
  }
  if (!isObject(header)) throw new WeightsError(source, 'the header is not a JSON object')

  const section = bytes.subarray(headerEnd)
  const tensors = new Map<string, StoredTensor>()
  const spans: { name: string; start: number; end: number }[] = []
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isObject(entry) || !Object.values(entry).every((value) => typeof value === 'string')) {
        throw new WeightsError(source, '__metadata__ must map names to strings')
      }
      metadata = entry as Record<string, string>
      continue
    }
    const { start, end, ...tensor } = readEntry(name, entry, section, source)
    tensors.set(name, tensor)
    spans.push({ name, start, end })
  }
  spans.sort((a, b) => a.start - b.start || a.end - b.end)
  let covered = 0
  for (const { name, start, end } of spans) {
    if (start !== covered) {
      throw new WeightsError(
        source,
        start < covered
          ? `tensor ${quoted(name)} overlaps the one before it`
          : `bytes ${covered} to ${start} of the data section belong to no tensor`,
      )
    }
    covered = end
  }
  if (covered !== section.length) {
    throw new WeightsError(source, `bytes ${covered} to ${section.length} of the data section belong to no tensor`)
  }
  return { tensors, metadata }
}

let halves: Float32Array | undefined

/** The values of a tensor as float32, in a copy. F32, F16 and BF16 are exact; F64 and wide integers are rounded. */
export function toFloat32({ dtype, data }: Pick<StoredTensor, 'dtype' | 'data'>): Float32Array {
  const count = data.byteLength / elementBytes[dtype]
  // Not data.slice(): Node's Buffer has one of its own, which does not copy.
  if (dtype === 'F32') return new Float32Array(new Uint8Array(data).buffer, 0, count)
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const table = (halves ??=
    dtype === 'F16' ? Float32Array.from({ length: 65536 }, (_, i) => halfToFloat(i)) : undefined)
  const read: Record<Exclude<SafetensorsDtype, 'F32'>, (i: number) => number> = {
    F64: (i) => view.getFloat64(8 * i, true),
    F16: (i) => table![view.getUint16(2 * i, true)]!,
    BF16: (i) => bfloat16ToFloat(view.getUint16(2 * i, true)),
    I64: (i) => Number(view.getBigInt64(8 * i, true)),
    I32: (i) => view.getInt32(4 * i, true),
    I16: (i) => view.getInt16(2 * i, true),
    I8: (i) => view.getInt8(i),
    U8: (i) => view.getUint8(i),
    BOOL: (i) => (view.getUint8(i) === 0 ? 0 : 1),
  }
  const values = new Float32Array(count)
  const at = read[dtype]
  for (let i = 0; i < count; i++) values[i] = at(i)
  return values
}

/** How {@link writeSafetensors} stores the values. */
export interface WriteSafetensorsOptions {
  /** `F32` is exact (default); `F16` and `BF16` halve the file and round each value to nearest, ties to even. */
  readonly dtype?: 'F32' | 'F16' | 'BF16'
}

/**
 * Writes tensors as a safetensors file, in the map's order; equal input gives equal bytes. The header is padded with
 * spaces so that the data section is aligned to 8 bytes.
 *
 * @param metadata free text kept with the file
 * @throws WeightsError when a tensor has another number of values than its shape, or the name `__metadata__`
 */
export function writeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
  { dtype = 'F32' }: WriteSafetensorsOptions = {},
): Uint8Array {
  const size = elementBytes[dtype]
  const entries: [string, unknown][] = []
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', metadata])
  let offset = 0
  for (const [name, { shape, data }] of tensors) {
    if (name === '__metadata__') throw new WeightsError('safetensors', 'no tensor may be named __metadata__')
    const count = shape.reduce((product, n) => product * n, 1)
    if (count !== data.length) {
      throw new WeightsError('safetensors', `tensor ${name} [${shape.join(', ')}] has ${data.length} values`)
    }
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + count * size] }])
    offset += count * size
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const headerLength = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + offset)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(headerLength), true)
  bytes.fill(0x20, 8, 8 + headerLength)
  bytes.set(json, 8)
  let at = 8 + headerLength
  for (const { data } of tensors.values()) {
    if (dtype === 'F32') {
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
      at += data.byteLength
    } else {
      const convert = dtype === 'F16' ? floatToHalf : floatToBfloat16
      for (let i = 0; i < data.length; i++, at += 2) view.setUint16(at, convert(data[i]!), true)
    }
  }
  return bytes
}
