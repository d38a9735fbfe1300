/**
 * SHA-256 by the platform's own code.
 *
 * @throws Error on a page that came neither by https nor from localhost: browsers have none there.
 */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const { subtle } = (globalThis.crypto ?? {}) as Partial<Crypto>
  if (subtle === undefined) {
    throw new Error('this page needs https (or localhost): browsers compute no SHA-256 for other pages')
  }
  return new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

/** Bytes in hex. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
