import { Job } from './job'

/** One of several filters [3, 3, inputs, outputs] of a convolution. */
@unmanaged
export class FilterPart {
  filter: usize
  inputs: i32
  outputs: i32
  /** Where its channels begin among those of the convolution's input. */
  first: i32
}
const partBytes: usize = 16

/** The job's filter of that number. */
export function filterPartOf(job: Job, index: i32): FilterPart {
  return changetype<FilterPart>(job.list + <usize>index * partBytes)
}
