import { TensorBuffer, type Rank } from '@tensorflow/tfjs-core'
import { runner, type Probe, type RunKernel } from '../repairs/probe.js'

/** Whether a registered kernel reads its tensors through `TensorBuffer.get`, element by element. */
export function readsByIndex(...call: Parameters<RunKernel>): NonNullable<Probe['isSlow']> {
  return ({ kernelFunc }, instance) => {
    const { get } = TensorBuffer.prototype
    let isCalled = false
    TensorBuffer.prototype.get = function (this: TensorBuffer<Rank>, ...place: number[]) {
      isCalled = true
      return get.apply(this, place)
    } as typeof get
    try {
      runner(instance, kernelFunc)(...call)
    } finally {
      TensorBuffer.prototype.get = get
    }
    return isCalled
  }
}
