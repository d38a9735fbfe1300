import { Job } from './job'

/** Some elements of a tensor. */
@unmanaged
class Chunk {
  place: usize
  count: i32
}
const chunkBytes: usize = 8

/** One task of the check that all is finite: 0 where the elements of a chunk are, else NaN, written to y. */
export function finiteTask(job: Job, task: i32): void {
  const chunk = changetype<Chunk>(job.list + <usize>task * chunkBytes)
  const end = chunk.place + ((<usize>chunk.count) << 2)
  let from = chunk.place
  // x - x is NaN where x is not finite, and nothing makes a sum with a NaN finite again.
  let a = f32x4.splat(0)
  let b = a
  for (; from + 32 <= end; from += 32) {
    const x = v128.load(from)
    const y = v128.load(from, 16)
    a = f32x4.add(a, f32x4.sub(x, x))
    b = f32x4.add(b, f32x4.sub(y, y))
  }
  a = f32x4.add(a, b)
  let sum = f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3)
  for (; from < end; from += 4) {
    const x = load<f32>(from)
    sum += x - x
  }
  store<f32>(job.y + ((<usize>task) << 2), sum)
}
