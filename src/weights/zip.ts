import { quoted } from './weightsFile.js'

/** A file inside a zip archive. */
export interface ZipEntry {
  /** Whether its bytes are stored as they are: neither compressed nor encrypted. */
  readonly isStored: boolean
  /** Its bytes as they stand in the archive: a view, not a copy. */
  readonly data: Uint8Array
}

const endLength = 22
const endSignature = 0x06054b50
const end64Signature = 0x06064b50
const locator64Signature = 0x07064b50
const centralSignature = 0x02014b50
const localSignature = 0x04034b50
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

type Fail = (problem: string) => never

/** A 64-bit number, which has to be a place in the file or a length of a part of it. */
function size64(view: DataView, at: number, fail: Fail): number {
  const value = view.getBigUint64(at, true)
  return value <= BigInt(view.byteLength) ? Number(value) : fail('its zip directory points beyond the end of the file')
}

/** Where the central directory is and how many entries it has, by the record at the end of the file. */
function findDirectory(view: DataView, fail: Fail): { start: number; end: number; count: number } {
  const last = view.byteLength - endLength
  let at = last
  // The record may be followed by a comment, whose length it tells.
  while (
    at >= 0 &&
    at >= last - 0xffff &&
    !(view.getUint32(at, true) === endSignature && view.getUint16(at + 20, true) === last - at)
  ) {
    at--
  }
  if (at < 0 || at < last - 0xffff) return fail('its zip archive has no directory: the file is cut off or damaged')
  let count = view.getUint16(at + 10, true)
  let length = view.getUint32(at + 12, true)
  let start = view.getUint32(at + 16, true)
  let end = at
  if (count === 0xffff || length === 0xffffffff || start === 0xffffffff) {
    const locator = at - 20
    if (locator < 0 || view.getUint32(locator, true) !== locator64Signature) {
      return fail('its zip directory is damaged: the 64-bit one is missing')
    }
    end = size64(view, locator + 8, fail)
    if (end + 56 > locator || view.getUint32(end, true) !== end64Signature) {
      return fail('its zip directory is damaged: the 64-bit one is not where it should be')
    }
    count = size64(view, end + 32, fail)
    length = size64(view, end + 40, fail)
    start = size64(view, end + 48, fail)
  }
  if (start + length > end) return fail('its zip directory points beyond the end of the file')
  return { start, end: start + length, count }
}

/** The 64-bit sizes that replace those of `wanted` which are 0xffffffff, from the entry's extra field of id 1. */
function readExtra64(view: DataView, from: number, to: number, wanted: readonly number[], fail: Fail): number[] {
  const isWide = (value: number): boolean => value === 0xffffffff
  if (!wanted.some(isWide)) return [...wanted]
  for (let at = from; at + 4 <= to;) {
    const end = at + 4 + view.getUint16(at + 2, true)
    if (view.getUint16(at, true) !== 1) {
      at = end
      continue
    }
    let next = at + 4
    return wanted.map((value) => {
      if (!isWide(value)) return value
      next += 8
      return next <= end && end <= to ? size64(view, next - 8, fail) : fail('its zip directory has a damaged entry')
    })
  }
  return fail('its zip directory has an entry without its 64-bit sizes')
}

/**
 * The files of a zip archive (PKWARE's APPNOTE 6.3), by name, as views of its bytes. Nothing is decompressed: what
 * PyTorch writes is stored, so that no small archive can become large. Names, sizes and places are checked: an archive with
 * two files of one name, with overlapping files, or with headers that contradict its directory is refused. Checksums are not
 * compared: PyTorch can leave them out (`torch.serialization.set_crc32_options`).
 *
 * This is own code because libraries that unzip (fflate) copy every file, also those that overlap, and put names such as
 * `__proto__` on a plain object.
 *
 * @param fail throws the error for a problem
 */
export function readZip(bytes: Uint8Array, fail: Fail): Map<string, ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { start, end, count } = findDirectory(view, fail)
  const entries = new Map<string, ZipEntry>()
  const spans: (readonly [number, number])[] = []
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== centralSignature) fail('its zip directory has a damaged entry')
    const flags = view.getUint16(at + 8, true)
    const method = view.getUint16(at + 10, true)
    const nameEnd = at + 46 + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const next = extraEnd + view.getUint16(at + 32, true)
    if (next > end) fail('its zip directory has a damaged entry')
    const name = utf8.decode(bytes.subarray(at + 46, nameEnd))
    const inEntry = (problem: string): never => fail(`its zip entry ${quoted(name)} ${problem}`)
    const sizes = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)]
    const [size, stored, local] = readExtra64(view, nameEnd, extraEnd, sizes, fail) as [number, number, number]
    if (local + 30 > start || view.getUint32(local, true) !== localSignature) inEntry('has no header')
    const nameLength = view.getUint16(local + 26, true)
    const from = local + 30 + nameLength + view.getUint16(local + 28, true)
    if (from + stored > start) inEntry('reaches beyond its archive')
    if (utf8.decode(bytes.subarray(local + 30, local + 30 + nameLength)) !== name)
      inEntry('has a header of another name')
    const isStored = method === 0 && (flags & 1) === 0
    if (isStored && size !== stored) inEntry(`claims ${size} bytes, but has ${stored}`)
    if (entries.has(name)) inEntry('is there twice')
    entries.set(name, { isStored, data: bytes.subarray(from, from + stored) })
    spans.push([local, from + stored])
    at = next
  }
  if (at !== end) fail('its zip directory has another number of entries than it says')
  spans.sort((a, b) => a[0] - b[0])
  for (let i = 1; i < spans.length; i++)
    if (spans[i]![0] < spans[i - 1]![1]) fail('its zip archive has entries that overlap')
  return entries
}
