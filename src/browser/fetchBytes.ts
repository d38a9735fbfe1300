import { DataError } from '../errors.js'

/** The kinds of address that are fetched. */
const kinds = ['http:', 'https:', 'blob:', 'data:']

/** The address, relative ones from that of the page or worker. */
function resolve(address: string, name: string): URL {
  let url: URL
  try {
    url = new URL(address, globalThis.location?.href)
  } catch (error) {
    throw new DataError(name, 'is no address', { cause: error })
  }
  if (!kinds.includes(url.protocol))
    throw new DataError(name, `is not fetched: ${url.protocol} is none of ${kinds.join(' ')}`)
  return url
}

/**
 * The bytes at an address, `maxBytes` at the most: counted as they come, whatever the server says of their length.
 *
 * @throws DataError for an address of another kind, a failed connection, an answer other than 2xx, or too many bytes;
 *   the signal's reason.
 */
export async function fetchBytes(
  address: string,
  name: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const url = resolve(address, name)
  const tooLarge = (): DataError => new DataError(name, `more bytes than the ${maxBytes} allowed`)
  const failed = (error: unknown): never => {
    signal?.throwIfAborted()
    const problem = error instanceof Error ? error.message : String(error)
    throw new DataError(name, `cannot be fetched (no connection, or the server forbids it): ${problem}`, {
      cause: error,
    })
  }
  const response = await fetch(url, signal === undefined ? {} : { signal }).catch(failed)
  const length = Number(response.headers.get('content-length') ?? 0)
  if (!response.ok || length > maxBytes) {
    await response.body?.cancel().catch(() => undefined)
    if (response.ok) throw tooLarge()
    throw new DataError(name, `cannot be fetched: HTTP ${response.status} ${response.statusText}`.trim())
  }
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = response.body?.getReader()
  for (;;) {
    const piece = await reader?.read().catch(failed)
    if (piece === undefined || piece.done) break
    size += piece.value.length
    if (size > maxBytes) {
      await reader?.cancel().catch(() => undefined)
      throw tooLarge()
    }
    pieces.push(piece.value)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
