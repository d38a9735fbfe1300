import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { imageSignature } from '../../src/data/imageSignature.js'
import { fingerprint, keyName } from '../../src/pipeline/fingerprint.js'

afterEach(() => vi.unstubAllGlobals())

describe('keyName', () => {
  it('keeps plain names, and tells others apart where a disk does not tell small letters from capitals', async () => {
    expect(await keyName('plain_1-a')).toBe('plain_1-a')
    const long = 'x'.repeat(200)
    const ids = ['a', 'A', 'ab', 'aB', 'Ab', 'a.', 'a/', 'a:', 'con.x', 'ǅ', 'ǆ', '.', '..', '', long, `${long}x`, ' ']
    // An id that is what another one becomes.
    ids.push(await keyName('A'), await fingerprint(long), await keyName(long))
    const keys = await Promise.all(ids.map(keyName))
    expect(new Set(keys.map((key) => key.toLowerCase())).size).toBe(ids.length)
    // Letters, digits and a few signs: no separator, no dot that names a folder, an ending or a device.
    for (const key of keys) expect(key).toMatch(/^[a-z0-9_~-]{1,80}$/)
    expect(keys[1]).toMatch(/^a~[0-9a-f]{16}$/)
  })

  it('gives different ids different keys, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (a, b) => {
        const [one, other] = [await keyName(a), await keyName(b)]
        expect(one.toLowerCase() === other.toLowerCase()).toBe(a === b)
        expect(one).toMatch(/^[a-z0-9_~-]{1,80}$/)
      }),
    )
  })
})

describe('on a page that came by plain http, which has no crypto.subtle,', () => {
  it('fingerprints and signatures say what is needed', async () => {
    vi.stubGlobal('crypto', {})
    const message = 'this page needs https (or localhost): browsers compute no SHA-256 for other pages'
    await expect(fingerprint('x')).rejects.toThrow(message)
    const image = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7), maxValue: 255 } as const
    await expect(imageSignature('x', image)).rejects.toThrow(message)
  })
})
