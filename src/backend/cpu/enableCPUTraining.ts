import { getKernel } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { applyRepairs, type Repair } from '../repairs/repair.js'
import { cpuRepairs } from './repairs.js'

/** Applies the repairs of cpu. */
export function repairCPU(): readonly Repair[] {
  return applyRepairs('cpu', cpuRepairs())
}

/**
 * Makes tfjs's plain JavaScript backend `cpu` right and usable in training: replaces the kernels that a small probe finds
 * wrong or very slow; a kernel that is right stays. Call it after `tf.setBackend('cpu')`; called before, it probes when
 * the backend starts. Further calls change nothing. {@link backendRepairs} tells the reasons.
 *
 * @returns the names of the kernels in force from this package.
 * @throws BackendError where `@tensorflow/tfjs-backend-cpu` has not been imported.
 */
export function enableCPUTraining(): readonly string[] {
  if (!getKernel('Conv2D', 'cpu')) {
    throw new BackendError('cpu', 'import @tensorflow/tfjs-backend-cpu before enableCPUTraining()')
  }
  return repairCPU().map(({ kernel }) => kernel)
}
