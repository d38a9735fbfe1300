/** A tag: its number, its type (1 BYTE, 3 SHORT, 4 LONG) and its numbers. */
export type TiffTag = readonly [tag: number, type: 1 | 3 | 4, values: readonly number[]]

/** A little-endian TIFF: header, `data` from byte 8, long lists of numbers, the directory. */
export function tiffFile(tags: readonly TiffTag[], data: Uint8Array): Uint8Array {
  const size = { 1: 1, 3: 2, 4: 4 } as const
  let directory = 8 + data.length
  const places = tags.map(([, type, values]) => {
    const bytes = values.length * size[type]
    const place = bytes > 4 ? directory : undefined
    if (bytes > 4) directory += bytes
    return place
  })
  const out = new Uint8Array(directory + 2 + 12 * tags.length + 4)
  const view = new DataView(out.buffer)
  out.set([0x49, 0x49, 42, 0])
  view.setUint32(4, directory, true)
  out.set(data, 8)
  view.setUint16(directory, tags.length, true)
  tags.forEach(([tag, type, values], k) => {
    const entry = directory + 2 + 12 * k
    view.setUint16(entry, tag, true)
    view.setUint16(entry + 2, type, true)
    view.setUint32(entry + 4, values.length, true)
    const place = places[k] ?? entry + 8
    if (places[k] !== undefined) view.setUint32(entry + 8, place, true)
    values.forEach((value, i) => {
      if (type === 1) view.setUint8(place + i, value)
      else if (type === 3) view.setUint16(place + 2 * i, value, true)
      else view.setUint32(place + 4 * i, value, true)
    })
  })
  return out
}

/** The tags of 8-bit grey, but for where the pixels are. */
export const greyTags = (width: number, height: number, compression: number): TiffTag[] => [
  [256, 4, [width]],
  [257, 4, [height]],
  [258, 3, [8]],
  [259, 3, [compression]],
  [262, 3, [1]],
  [277, 3, [1]],
]
