import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendName } from '../src/node/index.js'
import { multiplyAdds } from './multiplyAdds.js'
import type { OnnxRuntimePackage } from './peers/onnxruntime.js'
import type { Torch } from './peers/torch.js'
import type { Profile } from './profile.js'
import type { NetworkRow } from './rows.js'
import { median, ownWorker, startRunner, takeSamples, type Runner } from './runner.js'

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

/**
 * Largest difference of a result, relative to its largest value: 1e-4 for outputs; 1e-3 for losses after an update, as Adam
 * amplifies rounding where a gradient is nearly 0; 0.1 for the gradient through VGG19, where rounding opens or closes single
 * ReLUs (PyTorch in float32 differs by 0.03 from itself in float64; a wrong gradient would by about 1).
 */
function toleranceOf({ spec: { kind } }: NetworkRow): number {
  if (kind === 'vgg-gradient') return 0.1
  return kind === 'rrdb-train' || kind.endsWith('-step') ? 1e-3 : 1e-4
}

/** A row that could not be measured: every value is null, and a note says why. */
export function failedRow(row: NetworkRow, backend: string, threads: number, reason: string): Result {
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

/** Measures one row on one backend, in turn with the peers: ours, PyTorch, onnxruntime, ours, ... */
export async function measureRow(row: NetworkRow, options: MeasureOptions): Promise<Result> {
  const { backend, threads, repeats, torch, onnxruntime } = options
  const folder = mkdtempSync(join(tmpdir(), 'esrgan-scnn-bench-'))
  const notes: string[] = []
  const differences: Record<string, number> = {}
  const runners: Runner[] = []
  const start = (name: string, command: string, args: readonly string[]): Runner => {
    const runner = startRunner(name, command, args)
    runners.push(runner)
    return runner
  }
  try {
    const ours = start('ours', ...ownWorker('tfjs'))
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
        const runner = start('onnxruntime', ...ownWorker('onnxruntime'))
        const { version } = await compare(runner, { package: onnxruntime.folder })
        notes.push(`onnxruntime-node ${String(version)} on cpu, threads: ${used}`)
      }
    }

    const busy = await takeSamples(runners, { repeats })
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
