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

// JavaScript leaves the last bit of Math.cos and Math.log to the engine: Node's and Chromium's differ. The two below are
// made of operations that IEEE 754 fixes, and agree with the true values to 1e-15.

/** cos(2 pi u), for u in [0, 1): folded to an eighth of a turn, then Taylor's series. */
function cosineOfTurns(u: number): number {
  const half = u > 0.5 ? 1 - u : u
  const quarter = half > 0.25 ? 0.5 - half : half
  const isSine = quarter > 0.125
  const angle = 2 * Math.PI * (isSine ? 0.25 - quarter : quarter)
  let series = 1
  for (let k = isSine ? 19 : 18; k > 1; k -= 2) series = 1 - (series * angle * angle) / (k * (k - 1))
  return (half > 0.25 ? -1 : 1) * (isSine ? angle * series : series)
}

/** The natural logarithm of x in (0, 1]: ln(x) = 2 artanh((x - 1) / (x + 1)) - k ln 2, x brought near 1 by k doublings. */
function logarithm(x: number): number {
  let near = x
  let doublings = 0
  for (; near < Math.SQRT1_2; doublings++) near *= 2
  const ratio = (near - 1) / (near + 1)
  let series = 0
  for (let k = 23; k > 0; k -= 2) series = 1 / k + series * ratio * ratio
  return 2 * ratio * series - doublings * Math.LN2
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
      mean + deviation * Math.sqrt(-2 * logarithm(1 - uniform())) * cosineOfTurns(uniform()),
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
