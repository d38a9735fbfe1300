import { open, type FileHandle } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { readBounded } from '../../src/node/files.js'

vi.mock(import('node:fs/promises'), async (actual) => ({ ...(await actual()), open: vi.fn<typeof open>() }))

describe('readBounded', () => {
  // Untouched, the memory of so large an array is only promised: no page of it is taken.
  it('asks for less than 2^31 bytes at once, at which Node ends the process', async () => {
    const size = 2 ** 31 + 5
    const lengths: number[] = []
    const file = {
      stat: async () => ({ size, isDirectory: () => false, isFile: () => true }),
      read: async (_: Uint8Array, __: number, length: number, position: number) => {
        lengths.push(length)
        return { bytesRead: Math.min(length, size - position) }
      },
      close: async () => undefined,
    }
    vi.mocked(open).mockResolvedValue(file as unknown as FileHandle)
    expect((await readBounded('large.safetensors', 2 ** 32)).length).toBe(size)
    expect(Math.max(...lengths)).toBeLessThan(2 ** 31)
    expect(lengths).toHaveLength(5)
  })
})
