/** The first 16 hex digits of SHA-256 over the parts: names what a result depends on. */
export async function fingerprint(...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const encoder = new TextEncoder()
  const digests = await Promise.all(
    parts.map(async (part) => {
      const bytes = typeof part === 'string' ? encoder.encode(part) : part
      return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
    }),
  )
  const all = new Uint8Array(digests.length * 32)
  digests.forEach((digest, i) => all.set(digest, i * 32))
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', all))
  return Array.from(sum.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** An id as one plain part of a store's key: itself where it is one, else (a path, an address, a long name) its fingerprint. */
export const keyName = async (id: string): Promise<string> => (/^[\w.-]{1,120}$/.test(id) ? id : fingerprint(id))
