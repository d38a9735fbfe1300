import { keep, stack, type Scalar } from '@tensorflow/tfjs-core'
import { totalLoss, type LossTerm } from '../losses/index.js'

/** Named scalars that outlive the gradient's scope. */
export class KeptValues {
  readonly tensors: Record<string, Scalar> = {}

  /** Computes the terms, keeps each value under `prefix + name` and returns the total. */
  total<Context>(prefix: string, terms: readonly LossTerm<Context>[], context: Context): Scalar {
    const { total, values } = totalLoss(terms, context)
    for (const [name, value] of Object.entries(values)) this.set(prefix + name, value)
    this.set(`${prefix}total`, total)
    return total
  }

  set(name: string, value: Scalar): void {
    this.tensors[name]?.dispose()
    this.tensors[name] = keep(value.clone())
  }

  async read(): Promise<Record<string, number>> {
    const names = Object.keys(this.tensors)
    const all = stack(Object.values(this.tensors))
    const values = await all.data()
    all.dispose()
    return Object.fromEntries(names.map((name, i) => [name, values[i]!]))
  }
}
