import type { ImageHeader } from './imageHeader.js'

const tooShort = (): Error => new Error('ends too soon')

/** Whether the JPEG's marker 0xC0..0xCF begins a frame: all but DHT, JPG and DAC. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/**
 * Walks a JPEG's markers to the end (ITU-T T.81, annex B): a browser shows a file whose end is missing with grey in its place.
 *
 * @throws Error when the end is missing, for no frame, and for anything but 8 bits of grey or colour.
 */
export function readJPEGHeader(bytes: Uint8Array): ImageHeader {
  const u16 = (at: number): number => {
    if (at + 2 > bytes.length) throw tooShort()
    return (bytes[at]! << 8) | bytes[at + 1]!
  }
  let header: ImageHeader | undefined
  for (let at = 2; ;) {
    at = bytes.indexOf(0xff, at)
    const marker = at === -1 ? undefined : bytes[at + 1]
    if (marker === undefined) throw tooShort()
    // No markers: a stuffed byte, filling, and the restarts among the pixels.
    if (marker === 0 || marker === 0xff || (marker & 0xf8) === 0xd0) {
      at += marker === 0xff ? 1 : 2
      continue
    }
    if (marker === 0xd9) break
    if (isFrame(marker) && header === undefined) {
      u16(at + 8)
      const [depth, components] = [bytes[at + 4]!, bytes[at + 9]!]
      if (depth !== 8) throw new Error(`samples of ${depth} bits are not supported in JPEG`)
      if (components !== 1 && components !== 3) throw new Error(`${components} components are not supported in JPEG`)
      header = { height: u16(at + 5), width: u16(at + 7), channels: components }
    }
    at += 2 + u16(at + 2)
  }
  if (header === undefined) throw new Error('has no image')
  return header
}
