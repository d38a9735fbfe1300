import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A seeded stream of random numbers. Equal seeds give equal streams on every platform. */
export interface Random {
  /** Uniform in [low, high); default [0, 1). */
  uniform(low?: number, high?: number): number
  /** Uniform integer in [0, n). */
  integer(n: number): number
  /** Normal with the given mean and standard deviation; default 0 and 1. */
  normal(mean?: number, deviation?: number): number
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[]
}

/** FNV-1a over the parts, so that every named purpose has a stream of its own. */
function hash(seed: number, purpose: readonly (string | number)[]): number {
  let h = 0x811c9dc5
  for (const character of `${seed}/${purpose.join('/')}`) {
    h = Math.imul(h ^ character.codePointAt(0)!, 0x01000193)
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

/**
 * A random stream for `seed`, independent for each `purpose` path, for example
 * `createRandom(seed, 'pairs', epoch)`: epoch 7 needs no state from epoch 6.
 */
export function createRandom(seed: number, ...purpose: (string | number)[]): Random {
  const generator = xoroshiro128plus(hash(seed, purpose))
  const uniform = (low = 0, high = 1): number => low + (high - low) * uniformFloat64(generator)
  const integer = (n: number): number => uniformInt(generator, 0, n - 1)
  return {
    uniform,
    integer,
    // Box-Muller; 1 - u keeps the logarithm finite.
    normal: (mean = 0, deviation = 1) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: <T>(items: readonly T[]): T[] => {
      const copy = [...items]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const kept = copy[i]!
        copy[i] = copy[j]!
        copy[j] = kept
      }
      return copy
    },
  }
}
