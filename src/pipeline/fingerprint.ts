import { sha256, toHex } from '../data/sha256.js'

/** The first 16 hex digits of SHA-256 over the parts: names what a result depends on. */
export async function fingerprint(...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const encoder = new TextEncoder()
  const digests = await Promise.all(parts.map((part) => sha256(typeof part === 'string' ? encoder.encode(part) : part)))
  const all = new Uint8Array(digests.length * 32)
  digests.forEach((digest, i) => all.set(digest, i * 32))
  return toHex((await sha256(all)).subarray(0, 8))
}

/**
 * An id as one plain part of a store's key, another one for every id, also on disks that do not tell `a` from `A`: itself where
 * it is of small letters and digits, else (capitals, a path, an address, a long name) what is left of it and its fingerprint.
 */
export async function keyName(id: string): Promise<string> {
  if (/^[a-z0-9_-]{1,80}$/.test(id)) return id
  const plain = id.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')
  return `${plain.slice(0, 60)}~${await fingerprint(id)}`
}
