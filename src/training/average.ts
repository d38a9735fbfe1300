import { add, mul, tidy, variable } from '@tensorflow/tfjs-core'
import { requireRange } from '../errors.js'
import type { NamedTensor, NamedTensors } from '../weights/index.js'
import { getWeights, setWeights, type NamedVariables } from './network.js'

/** An exponential moving average of variables. It owns its copies. */
export interface MovingAverage {
  /** `average = decay * average + (1 - decay) * weight`. */
  update(): void
  /** The averages as plain arrays. */
  state(): Promise<Map<string, NamedTensor>>
  /** Writes the averages into variables of the same names, bit by bit. */
  copyTo(variables: NamedVariables): void
  /** Puts averages back. */
  load(averages: NamedTensors): void
  /** Disposes the copies. */
  dispose(): void
}

/** An exponential moving average that starts at the variables' present values (BasicSR uses decay 0.999 for the generator). */
export function createMovingAverage(variables: NamedVariables, decay: number): MovingAverage {
  requireRange('decay', decay, 0, 1)
  const averages = new Map([...variables].map(([name, weight]) => [name, tidy(() => variable(weight.clone(), false))]))
  return {
    update() {
      for (const [name, weight] of variables) {
        tidy(() => {
          const average = averages.get(name)!
          average.assign(add(mul(average, decay), mul(weight, 1 - decay)))
        })
      }
    },
    state: () => getWeights(averages),
    copyTo(targets) {
      tidy(() => {
        for (const [name, target] of targets) target.assign(averages.get(name)!.clone())
      })
    },
    load: (saved) => setWeights(averages, saved, 'moving average'),
    dispose() {
      for (const average of averages.values()) if (!average.isDisposed) average.dispose()
    },
  }
}
