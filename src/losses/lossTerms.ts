import { add, mul, type Scalar } from '@tensorflow/tfjs-core'
import { ArgumentError } from '../errors.js'

/** One weighted part of a trainer's loss. */
export interface LossTerm<Context> {
  /** Names the term in reports; a caller's term replaces a trainer's of the same name. */
  readonly name: string
  /** A finite factor; 0 takes the term out. */
  readonly weight: number
  /** The unweighted loss, a scalar, from what the trainer hands over. Borrows the context's tensors. */
  readonly fn: (context: Context) => Scalar
}

/** What {@link totalLoss} computes: a type, not an interface, so that `tidy` may return it. */
export type TotalLoss = {
  /** The sum of `weight * value` over the terms. */
  readonly total: Scalar
  /** The unweighted value of each term, by its name. */
  readonly values: Record<string, Scalar>
}

function requireTerms<Context>(argument: string, terms: readonly LossTerm<Context>[]): void {
  const seen = new Set<string>()
  terms.forEach(({ name, weight, fn }, i) => {
    if (typeof name !== 'string' || name === '')
      throw new ArgumentError(`${argument}[${i}].name`, 'be a string that is not empty', name)
    if (seen.has(name)) throw new ArgumentError(`${argument}[${i}].name`, 'be unique among the terms', name)
    if (!Number.isFinite(weight))
      throw new ArgumentError(`${argument}[${i}].weight`, `be a finite number (term "${name}")`, weight)
    if (typeof fn !== 'function') throw new ArgumentError(`${argument}[${i}].fn`, `be a function (term "${name}")`, fn)
    seen.add(name)
  })
}

/**
 * A trainer's terms with the caller's: the same name replaces in place, a new name is added at the end, and weight 0
 * removes.
 *
 * @throws ArgumentError where a list holds a name twice, or a weight is not finite.
 */
export function mergeLossTerms<Context>(
  defaults: readonly LossTerm<Context>[],
  own: readonly LossTerm<Context>[],
): LossTerm<Context>[] {
  requireTerms('defaults', defaults)
  requireTerms('losses', own)
  const merged = new Map([...defaults, ...own].map((term) => [term.name, term]))
  return [...merged.values()].filter((term) => term.weight !== 0)
}

/**
 * Computes every term and their weighted sum. Call it inside `tidy` (the caller keeps what it wants): the tensors
 * between belong to the surrounding scope.
 *
 * @throws ArgumentError where there are no terms, a term does not give a scalar, a name stands twice, or a weight is not finite.
 */
export function totalLoss<Context>(terms: readonly LossTerm<Context>[], context: Context): TotalLoss {
  if (terms.length === 0) throw new ArgumentError('terms', 'hold at least one loss term', terms)
  requireTerms('terms', terms)
  const values: Record<string, Scalar> = {}
  let total: Scalar | undefined
  for (const { name, weight, fn } of terms) {
    const value: { shape?: readonly number[] } & Scalar = fn(context)
    if (value?.shape?.length !== 0)
      throw new ArgumentError(
        `the result of loss term "${name}"`,
        'be a scalar tensor (shape [])',
        value?.shape === undefined ? value : `shape [${value.shape}]`,
      )
    values[name] = value
    const weighted: Scalar = mul(value, weight)
    total = total === undefined ? weighted : add(total, weighted)
  }
  return { total: total!, values }
}
