/** The file formats that images are read from. */
export type ImageFormat = 'png' | 'jpeg' | 'tiff' | 'webp'

const signatures: readonly [ImageFormat, readonly (number | undefined)[]][] = [
  ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['jpeg', [0xff, 0xd8, 0xff]],
  // Little-endian and big-endian, TIFF and BigTIFF.
  ['tiff', [0x49, 0x49, 42, 0]],
  ['tiff', [0x4d, 0x4d, 0, 42]],
  ['tiff', [0x49, 0x49, 43, 0]],
  ['tiff', [0x4d, 0x4d, 0, 43]],
  // RIFF....WEBP
  ['webp', [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined, 0x57, 0x45, 0x42, 0x50]],
]

/** The format that a file's first bytes say, whatever its name says; undefined for all others, which no decoder should see. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  return signatures.find(([, signature]) =>
    signature.every((value, i) => i < bytes.length && (value === undefined || bytes[i] === value)),
  )?.[0]
}
