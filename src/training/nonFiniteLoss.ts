import type { Tensor } from '@tensorflow/tfjs-core'
import { finiteCheck } from '../backend/index.js'

/** A loss or gradient became NaN or infinite. The step was not applied: the networks are as they were before it. */
export class NonFiniteLossError extends Error {
  /** `NonFiniteLossError`. */
  override readonly name: string = 'NonFiniteLossError'
  /** The stage of training: `psnr`, `gan` or `siamese`. */
  readonly stage: string
  /** The step at fault, counted from 0 within its stage. */
  readonly step: number
  /** The values of all losses at that step. */
  readonly values: Readonly<Record<string, number>>
  /** What is not finite, in words: `l1 is NaN`, `a gradient is not finite`. */
  readonly problem: string
  constructor(stage: string, step: number, values: Readonly<Record<string, number>>) {
    const bad = Object.entries(values).filter(([, value]) => !Number.isFinite(value))
    const what =
      bad.length > 0 ? bad.map(([name, value]) => `${name} is ${value}`).join(', ') : 'a gradient is not finite'
    super(
      `${stage} step ${step}: ${what}. The step was not applied. Lower the learning rate, or look for values outside [0, 1] in the batch`,
    )
    this.problem = what
    this.stage = stage
    this.step = step
    this.values = values
  }
}

/** Whether all values and all elements of all gradients are finite. Borrows the gradients. */
export async function areFinite(
  values: Readonly<Record<string, number>>,
  gradients: readonly ReadonlyMap<string, Tensor>[],
): Promise<boolean> {
  if (!Object.values(values).every((value) => Number.isFinite(value))) return false
  const tensors = gradients.flatMap((each) => [...each.values()])
  if (tensors.length === 0) return true
  const check = finiteCheck(tensors)
  const numbers = await check.data()
  check.dispose()
  return numbers.every((value) => Number.isFinite(value))
}
