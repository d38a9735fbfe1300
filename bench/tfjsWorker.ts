import { dispose, getBackend, reshape, slice, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { peakMemoryBytes, startBackend, type BackendName } from '../src/node/index.js'
import { profileKernels } from './profile.js'
import type { Spec } from './rows.js'
import { writeTensors } from './tensorFolder.js'
import { createWork } from './work/createWork.js'
import type { Work } from './work/work.js'
import { serve } from './worker.js'

/** Waits until the backend has computed the tensor: one value is read, so that a GPU's queue is empty. */
async function settle(tensor: Tensor | undefined): Promise<void> {
  if (tensor === undefined) return
  const first = tidy(() => slice(reshape(tensor, [-1]), 0, 1))
  await first.data()
  dispose([first, tensor])
}

/** Runs the work so many times and waits for the last one. */
async function repeat(work: Work, times: number): Promise<void> {
  for (let i = 1; i < times; i++) (await work.run())?.dispose()
  await settle(await work.run())
}

/** The process that computes one row on one tfjs backend. */
export async function serveTFJS(): Promise<void> {
  let work: Work | undefined
  const current = (): Work => {
    if (work === undefined) throw new Error('setup comes first')
    return work
  }
  await serve({
    async setup({ spec, backend, threads, folder }) {
      const started = await startBackend(
        backend as BackendName,
        backend === 'wasm' ? { threads: threads as number } : {},
      )
      work = await createWork(spec as Spec)
      await writeTensors(folder as string, 'given', work.given)
      const result = await work.result()
      await writeTensors(folder as string, 'result', [['result', result]])
      result.dispose()
      return { threads: started.threads, description: started.description, parameters: work.parameters ?? null }
    },
    async run({ times }) {
      const before = process.cpuUsage()
      const start = performance.now()
      await repeat(current(), times as number)
      const ms = (performance.now() - start) / (times as number)
      const { user, system } = process.cpuUsage(before)
      return { ms, cpuMs: (user + system) / 1e3 / (times as number), peakMB: peakMemoryBytes() / 1e6 }
    },
    profile: async ({ times }) =>
      profileKernels(getBackend(), times as number, async () => settle(await current().run())),
  })
}
