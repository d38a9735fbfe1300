import { AdamJob, adamTask } from './adam'
import { copyChannelsTask } from './dense'
import { directFilterTask, directGradientTask, directSumTask, directTask, productTask } from './direct'
import { DirectJob } from './directJob'
import { finiteTask } from './finite'
import { Job } from './job'
import { maxPoolGradientTask } from './maxPool'
import { rowSumsTask } from './rowSums'
import { standardiseTask } from './standardise'
import { convolveTask } from './winograd'
import { filterTask } from './winogradFilter'
import { gradientChannelsTask, gradientPartTask, gradientSumTask, gradientTilesTask } from './winogradGradient'

/** Runs one task of a job. */
export function runTask(kernel: i32, job: usize, task: i32, thread: i32): void {
  const fields = changetype<Job>(job)
  switch (kernel) {
    case 0:
      return filterTask(fields, task, thread)
    case 1:
      return convolveTask(fields, task, thread)
    case 2:
      return gradientTilesTask(fields, task, thread)
    case 3:
      return gradientChannelsTask(fields, task, thread)
    case 4:
      return gradientPartTask(fields, task, thread)
    case 5:
      return gradientSumTask(fields, task, thread)
    case 10:
      return directFilterTask(changetype<DirectJob>(job), task)
    case 11:
      return directTask(changetype<DirectJob>(job), task, thread)
    case 12:
      return directGradientTask(changetype<DirectJob>(job), task, thread)
    case 13:
      return directSumTask(changetype<DirectJob>(job), task)
    case 14:
      return productTask(changetype<DirectJob>(job), task, thread)
    case 20:
      return copyChannelsTask(fields, task)
    case 21:
      return rowSumsTask(fields, task)
    case 22:
      return standardiseTask(fields, task)
    case 23:
      return maxPoolGradientTask(fields, task)
    case 30:
      return adamTask(changetype<AdamJob>(job), task)
    case 31:
      return finiteTask(fields, task)
    default:
      unreachable()
  }
}
