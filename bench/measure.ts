import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendName } from '../src/node/index.js'
import { multiplyAdds } from './multiplyAdds.js'
import { startPeer, type Measurement, type Peer } from './peer.js'
import type { OnnxRuntimePackage } from './peers/onnxruntime.js'
import type { Torch } from './peers/torch.js'
import type { Profile } from './profile.js'
import type { Row } from './rows.js'

/** One measured row, as `--json` prints it. */
export interface Result {
  readonly name: string
  readonly backend: string
  /** Threads of ours and of every peer. */
  readonly threads: number
  /** Milliseconds of one repetition, the median; null where it failed. */
  readonly medianMs: number | null
  /** 10^9 operations a second at the median: two for each multiply-add of a convolution. */
  readonly gflops: number | null
  /** The largest resident memory of our process, 10^6 bytes. */
  readonly peakMB: number | null
  readonly pytorchMs: number | null
  /** Our median over PyTorch's. */
  readonly ratioToPyTorch: number | null
  readonly pytorchPeakMB: number | null
  /** Milliseconds of all cores together in one repetition, the medians: busy machines disturb these less. */
  readonly cpuMs: number | null
  readonly pytorchCpuMs: number | null
  readonly onnxruntimeMs: number | null
  readonly ratioToOnnxruntime: number | null
  /** Trainable values of the network, the same in every peer; null for a single convolution. */
  readonly parameters: number | null
  /** The multiply-adds of the convolutions of one repetition. */
  readonly multiplyAdds: number
  /** Milliseconds of each repetition by who computed it, in the order of time. */
  readonly samples: Readonly<Record<string, readonly number[]>>
  /** Largest difference of a peer's result from ours, relative to the largest value. */
  readonly differences: Readonly<Record<string, number>>
  /** Who computed: backend and peers with their versions, and what was not measured and why. */
  readonly notes: readonly string[]
  readonly profile?: Profile
}

/** How to measure. */
export interface MeasureOptions {
  readonly backend: BackendName
  readonly threads: number
  readonly repeats: number
  readonly profile: boolean
  /** The PyTorch to compare with. */
  readonly torch: Torch | undefined
  /** The onnxruntime-node to compare inference with. */
  readonly onnxruntime: OnnxRuntimePackage
}

/** A sample of short work is many repetitions of it, at least this long, so that waking up does not count. */
const sampleMs = 200

/**
 * Largest difference of a result, relative to its largest value: 1e-4 for outputs; 1e-3 for losses after an update, as Adam
 * amplifies rounding where a gradient is nearly 0; 0.1 for the gradient through VGG19, where rounding opens or closes single
 * ReLUs (PyTorch in float32 differs by 0.03 from itself in float64; a wrong gradient would by about 1).
 */
function toleranceOf({ spec: { kind } }: Row): number {
  if (kind === 'vgg-gradient') return 0.1
  return kind === 'rrdb-train' || kind.endsWith('-step') ? 1e-3 : 1e-4
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A process that is ready, with what it measured. */
interface Runner {
  readonly name: string
  readonly peer: Peer
  /** Repetitions in one sample. */
  times: number
  readonly samples: number[]
  readonly cpu: number[]
  peakMB: number
}

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

/** A row that could not be measured: every value is null, and a note says why. */
export function failedRow(row: Row, backend: string, threads: number, reason: string): Result {
  return {
    name: row.name,
    backend,
    threads,
    medianMs: null,
    gflops: null,
    peakMB: null,
    pytorchMs: null,
    ratioToPyTorch: null,
    pytorchPeakMB: null,
    cpuMs: null,
    pytorchCpuMs: null,
    onnxruntimeMs: null,
    ratioToOnnxruntime: null,
    parameters: null,
    multiplyAdds: multiplyAdds(row.spec),
    samples: {},
    differences: {},
    notes: [`${row.name} on ${backend}: ${reason}`],
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

/** Measures one row on one backend, in turn with the peers: ours, PyTorch, onnxruntime, ours, ... */
export async function measureRow(row: Row, options: MeasureOptions): Promise<Result> {
  const { backend, threads, repeats, torch, onnxruntime } = options
  const folder = mkdtempSync(join(tmpdir(), 'esrgan-scnn-bench-'))
  const notes: string[] = []
  const differences: Record<string, number> = {}
  const runners: Runner[] = []
  const start = (name: string, command: string, args: readonly string[]): Runner => {
    const runner: Runner = { name, peer: startPeer(name, command, args), times: 1, samples: [], cpu: [], peakMB: 0 }
    runners.push(runner)
    return runner
  }
  const self = (role: string): [string, string[]] => [process.execPath, [process.argv[1]!, '--worker', role]]
  try {
    const ours = start('ours', ...self('tfjs'))
    const about = await ours.peer.ask('setup', { spec: row.spec, backend, threads, folder })
    const used = about['threads'] as number
    notes.push(`${String(about['description'])}, Node ${process.version}`)

    const compare = async (runner: Runner, more: object): Promise<Record<string, unknown>> => {
      const answer = await runner.peer.ask('setup', { spec: row.spec, threads: used, folder, ...more })
      const difference = answer['difference'] as number
      if (!(difference <= toleranceOf(row))) {
        throw new Error(`${row.name}: ${runner.name} computes something else, relative difference ${difference}`)
      }
      if (answer['parameters'] !== about['parameters']) {
        throw new Error(
          `${row.name}: ${runner.name} has ${answer['parameters']} parameters, ours ${about['parameters']}`,
        )
      }
      differences[runner.name] = difference
      return answer
    }
    if (torch === undefined) notes.push('PyTorch: not found (looked for torch in /usr/bin/python3 and python3)')
    else {
      const device = torch.hasCUDA && (backend === 'webgpu' || backend === 'tensorflow') ? 'cuda' : 'cpu'
      const runner = start('pytorch', torch.python, ['bench/peers/torch_worker.py'])
      const { threads: count } = await compare(runner, { device })
      notes.push(`PyTorch ${torch.version} on ${device}, threads: ${count}, ${torch.python}`)
    }
    if (row.spec.kind === 'rrdb-forward') {
      if ('reason' in onnxruntime) notes.push(`onnxruntime: not measured, ${onnxruntime.reason}`)
      else {
        const runner = start('onnxruntime', ...self('onnxruntime'))
        const { version } = await compare(runner, { package: onnxruntime.folder })
        notes.push(`onnxruntime-node ${String(version)} on cpu, threads: ${used}`)
      }
    }

    for (const runner of runners) await warmUp(runner)
    const before = { work: workOfCores(), clock: performance.now() }
    let own = 0
    for (let i = 0; i < repeats; i++) {
      for (const runner of runners) {
        const { ms, cpuMs, peakMB } = await measure(runner, runner.times)
        runner.samples.push(ms)
        runner.cpu.push(cpuMs)
        runner.peakMB = peakMB
        own += cpuMs * runner.times
      }
    }
    const busy = busyNote({ all: workOfCores() - before.work, own, clock: performance.now() - before.clock })
    notes.push(...busy.map((note) => `${row.name}, threads: ${used}: ${note}`))
    const profile = options.profile
      ? ((await ours.peer.ask('profile', { times: Math.max(ours.times, repeats) })) as unknown as Profile)
      : undefined

    const runnerOf = (name: string): Runner | undefined => runners.find((each) => each.name === name)
    const of = (name: string, what: 'samples' | 'cpu' = 'samples'): number | null => {
      const runner = runnerOf(name)
      return runner === undefined ? null : median(runner[what])
    }
    const medianMs = of('ours')!
    const over = (ms: number | null): number | null => (ms === null ? null : medianMs / ms)
    const operations = 2 * multiplyAdds(row.spec)
    return {
      name: row.name,
      backend,
      threads: used,
      medianMs,
      gflops: operations / medianMs / 1e6,
      peakMB: ours.peakMB,
      pytorchMs: of('pytorch'),
      ratioToPyTorch: over(of('pytorch')),
      pytorchPeakMB: runnerOf('pytorch')?.peakMB ?? null,
      cpuMs: of('ours', 'cpu'),
      pytorchCpuMs: of('pytorch', 'cpu'),
      onnxruntimeMs: of('onnxruntime'),
      ratioToOnnxruntime: over(of('onnxruntime')),
      parameters: about['parameters'] as number | null,
      multiplyAdds: operations / 2,
      samples: Object.fromEntries(runners.map(({ name, samples }) => [name, samples])),
      differences,
      notes,
      ...(profile === undefined ? {} : { profile }),
    }
  } finally {
    await Promise.all(runners.map(({ peer }) => peer.close()))
    rmSync(folder, { recursive: true, force: true })
  }
}
