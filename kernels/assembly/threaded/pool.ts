import { runTask } from './tasks'

// One job at a time, divided into tasks that each thread takes from a counter when it is free. A thread enters through the
// gate, which is open only while the job stands; the job is over when its tasks are taken and everybody has left. A worker
// that sleeps, starts late or never starts has taken no task, so that nobody waits for it.

/** The control block, one cache line for each word that threads write. */
@unmanaged
class Control {
  kernel: i32
  job: usize
  tasks: i32
}
const generation: usize = 64
const gate: usize = 128
const next: usize = 192
const sleepers: usize = 256
const stopped: usize = 320
/** Where the threads' own lines begin: in each a word for the host, and how many tasks the thread has done. */
const lines: usize = 384

/** The gate's bit for open; the bits below count who is inside. */
const open: i32 = 0x10000

function countTasks(control: usize, thread: i32, tasks: i32): void {
  const place = control + lines + 64 * <usize>thread
  store<i32>(place, load<i32>(place, 4) + tasks, 4)
}

function takeTasks(control: usize, thread: i32): void {
  const fields = changetype<Control>(control)
  const kernel = fields.kernel
  const job = fields.job
  const tasks = fields.tasks
  let done = 0
  while (true) {
    const task = atomic.add<i32>(control + next, 1)
    if (task >= tasks) break
    runTask(kernel, job, task, thread)
    done++
  }
  countTasks(control, thread, done)
}

/** Runs a job; returns how many workers are still at their last task after some spinning: see `busy`. */
export function run(control: usize, kernel: i32, job: usize, tasks: i32): i32 {
  if (!ASC_FEATURE_THREADS) {
    for (let task = 0; task < tasks; task++) runTask(kernel, job, task, 0)
    countTasks(control, 0, tasks)
    return 0
  }
  const fields = changetype<Control>(control)
  fields.kernel = kernel
  fields.job = job
  fields.tasks = tasks
  atomic.store<i32>(control + next, 0)
  if (tasks > 1) {
    atomic.or<i32>(control + gate, open)
    atomic.add<i32>(control + generation, 1)
    if (atomic.load<i32>(control + sleepers) > 0) atomic.notify(control + generation, tasks - 1)
  }
  takeTasks(control, 0)
  atomic.and<i32>(control + gate, ~open)
  return busy(control, 1_000_000)
}

/** Spins until all workers have left the job; returns how many have not. */
export function busy(control: usize, spins: i32): i32 {
  let inside = 0
  if (ASC_FEATURE_THREADS) {
    do {
      inside = atomic.load<i32>(control + gate)
    } while (inside !== 0 && spins-- > 0)
  }
  return inside
}

/** A worker's life: takes part in every job until `stop`. */
export function work(control: usize, thread: i32, spins: i32): void {
  if (!ASC_FEATURE_THREADS) return
  let seen = 0
  while (atomic.load<i32>(control + stopped) === 0) {
    if (atomic.load<i32>(control + generation) === seen) {
      let left = spins
      while (left > 0 && atomic.load<i32>(control + generation) === seen) left--
      if (left === 0) {
        atomic.add<i32>(control + sleepers, 1)
        atomic.wait<i32>(control + generation, seen, -1)
        atomic.sub<i32>(control + sleepers, 1)
      }
      continue
    }
    seen = atomic.load<i32>(control + generation)
    if ((atomic.add<i32>(control + gate, 1) & open) !== 0) takeTasks(control, thread)
    atomic.sub<i32>(control + gate, 1)
  }
}

/** Ends the workers. */
export function stop(control: usize): void {
  if (!ASC_FEATURE_THREADS) return
  atomic.store<i32>(control + stopped, 1)
  atomic.add<i32>(control + generation, 1)
  atomic.notify(control + generation, 64)
}
