import { version_core } from '@tensorflow/tfjs-core'
import { isWrong } from '../repairs/probes.js'
import { applyRepairs, type Repair, type RepairPlan } from '../repairs/repair.js'
import { avgPoolGrad } from './avgPoolGrad.js'

/** The last release whose webgpu backend, which cannot be read synchronously, is known to be wrong. */
const knownVersion = '4.22.0'

const plan = (backend: string, isWrongThere: NonNullable<RepairPlan['isWrong']>): RepairPlan => ({
  kernel: 'AvgPoolGrad',
  detail: 'divides by the whole window where a part of it lies outside the image',
  isWrong: isWrongThere,
  make: (stock) => stock && avgPoolGrad(backend, stock),
})

/** Applies the repair of webgl, after a probe. */
export function repairWebGL(): readonly Repair[] {
  return applyRepairs('webgl', [plan('webgl', isWrong.AvgPoolGrad)])
}

/** Applies the repair of webgpu, to the version that is known to need it. */
export function repairWebGPU(): readonly Repair[] {
  return applyRepairs('webgpu', [plan('webgpu', () => version_core === knownVersion)])
}
