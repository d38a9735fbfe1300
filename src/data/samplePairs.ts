import { ArgumentError, requireInteger } from '../errors.js'
import { createRandom } from '../random.js'
import { mayDissimilar, maySimilar, readPairRules, type PairRuleOptions } from './pairRules.js'
import type { PairBatch } from './pairs.js'

/** What {@link samplePairs} takes. */
export interface SamplePairsOptions extends PairRuleOptions {
  /** How many pairs, half of them similar. An odd one is left out. */
  readonly count: number
  /** Equal seeds give equal pairs. Default 0. */
  readonly seed?: number
}

/**
 * Pairs for evaluation: half of one class, half of two, in turn, each kind drawn uniformly without repetition from all its pairs that the
 * rules allow. Never an image with itself, and no pair twice. There are fewer than `count` where a kind has fewer: as many of the other.
 *
 * @param labels the class of each image
 * @throws ArgumentError where the rules allow no pair of a kind, or an option is out of range
 */
export function samplePairs(labels: ArrayLike<number>, options: SamplePairsOptions): PairBatch {
  const { count, seed = 0 } = options
  requireInteger('options.count', count, 2)
  const rules = readPairRules(labels, options)
  const n = labels.length
  // No kind has more pairs than there are.
  const half = Math.min(Math.floor(count / 2), (n * (n - 1)) / 2)

  /** Up to `half` pairs of a kind, as `i * n + j` with i < j. */
  const draw = (kind: 'similar' | 'dissimilar'): number[] => {
    const may = kind === 'similar' ? maySimilar : mayDissimilar
    const random = createRandom(seed, 'sample pairs', kind)
    const taken = new Set<number>()
    for (let tries = n < 2 ? 0 : 50 * half + 1000; taken.size < half && tries > 0; tries--) {
      const [p, q] = [random.integer(n), random.integer(n)]
      if (p !== q && may(rules, p, q)) taken.add(Math.min(p, q) * n + Math.max(p, q))
    }
    if (taken.size === half) return [...taken]
    // Few are allowed, or nearly all of them taken: go through the others, each as likely to be kept (reservoir sampling).
    const wanted = half - taken.size
    const rest: number[] = []
    let seen = 0
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const pair = i * n + j
        if (!may(rules, i, j) || taken.has(pair)) continue
        seen++
        if (rest.length < wanted) rest.push(pair)
        else {
          const place = random.integer(seen)
          if (place < wanted) rest[place] = pair
        }
      }
    }
    return random.shuffle([...taken, ...rest])
  }
  const kinds = [draw('similar'), draw('dissimilar')]
  const each = Math.min(kinds[0]!.length, kinds[1]!.length)
  if (each === 0) {
    throw new ArgumentError(
      'labels',
      `allow a pair of ${kinds[0]!.length === 0 ? 'one class' : 'two classes'} (samePatient '${rules.samePatient}')`,
      `${n} labels`,
    )
  }
  const pairs = Float64Array.from({ length: 2 * each }, (_, k) => kinds[k % 2]![k >> 1]!)
  return {
    a: Int32Array.from(pairs, (pair) => Math.floor(pair / n)),
    b: Int32Array.from(pairs, (pair) => pair % n),
    isSimilar: Uint8Array.from(pairs, (_, k) => (k % 2 === 0 ? 1 : 0)),
  }
}
