import type { ImageSignature } from '../../src/data/index.js'
import { keyBits, keyCount, type Look } from '../../src/data/perceptual.js'
import { createRandom, type Random } from '../../src/random.js'

/** Values of a thumbnail. */
const pixels = 1024

/** One image in so many is a copy, encoded again, of the one before it. */
export const copyEvery = 100

/** So many different bits of a key. */
function drawMask(random: Random, bits: number): number {
  let mask = 0
  for (let left = bits; left > 0;) {
    const bit = 1 << random.integer(keyBits)
    if ((mask & bit) !== 0) continue
    mask |= bit
    left--
  }
  return mask
}

const hash = (random: Random): string =>
  Array.from({ length: 8 }, () =>
    random
      .integer(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')

/**
 * Signatures of `count` pictures that do not look alike, but for one in a hundred, which is a copy of the one before it with
 * other pixels and one uncertain bit of a key turned. The keys' bits are drawn evenly, as the signs of tissue's cosine
 * coefficients nearly are.
 */
export function madeUpSignatures(count: number): ImageSignature[] {
  const random = createRandom(0, 'bench', 'signatures')
  // Each thumbnail begins one value after the last: none is like another, and a million do not take a gigabyte.
  const noise = Int8Array.from({ length: count + pixels }, () =>
    Math.round(Math.min(127, Math.max(-127, random.normal(0, 32)))),
  )
  const signatures: ImageSignature[] = []
  let last: Look | undefined
  for (let i = 0; i < count; i++) {
    const isCopy = i % copyEvery === copyEvery - 1
    let look: Look
    if (isCopy) {
      const [a, b, c] = last!.keys
      look = { ...last!, keys: [a ^ (last!.uncertain[0] & -last!.uncertain[0]), b, c] }
    } else {
      const keys = Array.from({ length: keyCount }, () => random.integer(2 ** keyBits)) as [number, number, number]
      const uncertain = keys.map(() => drawMask(random, 3)) as [number, number, number]
      look = { thumbnail: noise.subarray(i, i + pixels), contrast: 30, spread: 300, keys, uncertain }
    }
    last = look
    signatures.push({ id: `image-${i}`, pixels: `700x460x255:${hash(random)}`, bytes: hash(random), look })
  }
  return signatures
}
