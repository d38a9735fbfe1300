import { ArgumentError } from '../errors.js'
import { checkLabels } from './binary.js'
import { normalTail } from './normal.js'

/** What {@link mcNemarTest} says of two ways to decide about the same images. */
export interface McNemarTest {
  /** Images that only the first got right. */
  onlyA: number
  /** Images that only the second got right. */
  onlyB: number
  /** The smaller of the two counts; for `'chi2'` the chi-squared statistic. */
  statistic: number
  /** Two-sided p-value of equal accuracies. */
  p: number
  /** How p was made. */
  method: 'exact' | 'chi2' | 'mid-p'
}

/** P(X = k) and P(X <= k) of X, the heads among n tosses of a fair coin, for k <= n / 2. */
function fairTosses(k: number, n: number): { readonly at: number; readonly upTo: number } {
  // C(n, k) / 2^n in an order in which neither the product nor its parts leave the range of numbers.
  let at = 1
  let halvings = n
  for (let i = 1; i <= k; i++) {
    at *= (n - k + i) / i
    for (; at > 1 && halvings > 0; halvings--) at /= 2
  }
  at *= 2 ** -halvings
  let upTo = 0
  for (let i = k, term = at; i >= 0 && term > 0; i--) {
    upTo += term
    term *= i / (n - i + 1)
  }
  return { at, upTo }
}

/**
 * McNemar's test of two decisions on the same images, from which of them are right: only the images that one alone gets right
 * count, b and c of them. `'exact'` (default): the binomial test of min(b, c) in b + c tosses of a fair coin; `'mid-p'`: the same less the
 * probability of what was seen, not so conservative, and 1 where b = c (Fagerland et al. write 1 - P(X = b) / 2 there); `'chi2'`: (|b - c| - 1)^2 / (b + c), at least 0, with Edwards' correction,
 * for large counts. Images are counted as independent: where a patient has several, resample the patients instead
 * (`bootstrapByGroup`).
 *
 * Source: McNemar 1947; Edwards 1948; Fagerland, Lydersen, Laake 2013, "The McNemar test for binary matched-pairs data".
 *
 * @param correctA - Whether the first is right, for each image: 1, 0, true or false.
 * @param correctB - The same of the second.
 * @throws ArgumentError where nothing is given, lengths differ, a value is not 0 or 1, or the method is none.
 */
export function mcNemarTest(
  correctA: ArrayLike<number | boolean>,
  correctB: ArrayLike<number | boolean>,
  { method = 'exact' }: { method?: McNemarTest['method'] } = {},
): McNemarTest {
  if (method !== 'exact' && method !== 'chi2' && method !== 'mid-p')
    throw new ArgumentError('options.method', 'be "exact", "chi2" or "mid-p"', method)
  const a = checkLabels('correctA', correctA)
  const b = checkLabels('correctB', correctB)
  if (a.length !== b.length)
    throw new ArgumentError('correctB', `have as many values as correctA (${a.length})`, b.length)
  let onlyA = 0
  let onlyB = 0
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) onlyA++
    else if (a[i]! < b[i]!) onlyB++
  }
  const n = onlyA + onlyB
  if (method === 'chi2') {
    const statistic = n === 0 ? 0 : Math.max(0, Math.abs(onlyA - onlyB) - 1) ** 2 / n
    return { onlyA, onlyB, statistic, p: 2 * normalTail(Math.sqrt(statistic)), method }
  }
  const statistic = Math.min(onlyA, onlyB)
  const { at, upTo } = fairTosses(statistic, n)
  return { onlyA, onlyB, statistic, p: Math.min(1, 2 * upTo - (method === 'mid-p' ? at : 0)), method }
}
