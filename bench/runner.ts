import { cpus } from 'node:os'
import { startPeer, type Measurement, type Peer } from './peer.js'

/** A sample of short work is many repetitions of it, at least this long, so that waking up does not count. */
const sampleMs = 200

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A process that is ready, with what it measured. */
export interface Runner {
  readonly name: string
  readonly peer: Peer
  /** Repetitions in one sample. */
  times: number
  readonly samples: number[]
  readonly cpu: number[]
  readonly dataShares: number[]
  peakMB: number
}

/** Starts a process that computes a row, as `startPeer`. */
export const startRunner = (name: string, command: string, args: readonly string[]): Runner => ({
  name,
  peer: startPeer(name, command, args),
  times: 1,
  samples: [],
  cpu: [],
  dataShares: [],
  peakMB: 0,
})

/** The command and arguments of this benchmark as a worker of the given role. */
export const ownWorker = (role: string): [command: string, args: string[]] => [
  process.execPath,
  [process.argv[1]!, '--worker', role],
]

const measure = async ({ peer }: Runner, times: number): Promise<Measurement> =>
  (await peer.ask('run', { times })) as unknown as Measurement

/** Warms a runner up and finds how many repetitions make a sample. */
async function warmUp(runner: Runner): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const { ms } = await measure(runner, runner.times)
    if (ms >= sampleMs) return
    runner.times = Math.ceil(sampleMs / Math.max(ms, 1e-3))
  }
}

/** Milliseconds that all cores together have been at work, for whatever program. */
const workOfCores = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)

/** What other programs may take of the cores, in cores: threads that wait for one of theirs lose far more time than that. */
const tolerated = 0.25

/** Says where others had the cores while samples were taken, by milliseconds of all work, of ours and the peers', and of the clock. */
export function busyNote({ all, own, clock }: { all: number; own: number; clock: number }): string[] {
  const others = (all - own) / clock
  return others > tolerated
    ? [`other programs took ${others.toFixed(1)} of ${cpus().length} cores while this was measured: measure again`]
    : []
}

/**
 * Takes `repeats` samples of each runner in turn, after warming them up; fewer, but one at least, where `seconds` have
 * passed. Returns the notes of what disturbed them.
 */
export async function takeSamples(
  runners: readonly Runner[],
  { repeats, seconds = Infinity }: { readonly repeats: number; readonly seconds?: number },
): Promise<string[]> {
  for (const runner of runners) await warmUp(runner)
  const before = { work: workOfCores(), clock: performance.now() }
  let own = 0
  for (let i = 0; i < repeats && (i === 0 || performance.now() - before.clock < 1000 * seconds); i++) {
    for (const runner of runners) {
      const { ms, cpuMs, peakMB, dataShare } = await measure(runner, runner.times)
      runner.samples.push(ms)
      runner.cpu.push(cpuMs)
      if (dataShare !== undefined) runner.dataShares.push(dataShare)
      runner.peakMB = peakMB
      own += cpuMs * runner.times
    }
  }
  return busyNote({ all: workOfCores() - before.work, own, clock: performance.now() - before.clock })
}
