import { adam } from '../adam'

/** An update of Adam; see kernels/assembly/adam.ts. The order of the fields is that of `adamFields` in src/backend/wasm/native. */
@unmanaged
export class AdamJob {
  weight: usize
  m: usize
  v: usize
  gradient: usize
  newWeight: usize
  newM: usize
  newV: usize
  count: i32
  // Elements of a task.
  chunk: i32
  beta1: f32
  share1: f32
  beta2: f32
  share2: f32
  scale: f32
  root: f32
  epsilon: f32
}

/** One task of the update: `chunk` elements. */
export function adamTask(job: AdamJob, task: i32): void {
  const first = task * job.chunk
  const at = (<usize>first) << 2
  adam(
    job.weight + at,
    job.m + at,
    job.v + at,
    job.gradient + at,
    job.newWeight + at,
    job.newM + at,
    job.newV + at,
    min(job.chunk, job.count - first),
    job.beta1,
    job.share1,
    job.beta2,
    job.share2,
    job.scale,
    job.root,
    job.epsilon,
  )
}
