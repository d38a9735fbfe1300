/**
 * Bytes by key: where super-resolved images and checkpoints are kept. Keys are relative names such as
 * `sr/SOB_M_DC-14-13412-100-001.png`. Any object of this shape works.
 */
export interface Store {
  /** The bytes last set under the key, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Keeps the bytes under the key, in place of earlier ones; either wholly or not at all. */
  set(key: string, bytes: Uint8Array): Promise<void>
  /** Forgets the key; a key that is not there is no error. */
  delete(key: string): Promise<void>
}

/** A {@link Store} in memory. Bytes are copied on the way in and out, so that callers may reuse their buffers. */
export function memoryStore(): Store {
  const entries = new Map<string, Uint8Array>()
  return {
    get: async (key) => entries.get(key)?.slice(),
    set: async (key, bytes) => {
      entries.set(key, bytes.slice())
    },
    delete: async (key) => {
      entries.delete(key)
    },
  }
}
