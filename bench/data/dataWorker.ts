import { peakMemoryBytes, startBackend, type BackendName } from '../../src/node/index.js'
import { writeTensors } from '../tensorFolder.js'
import { serve } from '../worker.js'
import type { DataRow, RecordsSpec, ScoresSpec } from './dataRows.js'
import type { DataWork } from './dataWork.js'
import { createImageWork } from './imageWork.js'
import { createRecordWork } from './recordWork.js'
import { createScoreWork } from './scoreWork.js'

/** What a row measures, ready to run. */
export async function createDataWork({ data, unit }: DataRow, folder: string, threads: number): Promise<DataWork> {
  if ('width' in data) return createImageWork(data, folder, threads)
  if (unit === 'scores') return createScoreWork(data as ScoresSpec)
  return createRecordWork(data as RecordsSpec, folder)
}

/** The process that computes one row of the data. */
export async function serveData(): Promise<void> {
  let work: DataWork | undefined
  await serve({
    async setup({ row: given, backend, threads, folder }) {
      const row = given as DataRow
      const started = row.usesBackend
        ? await startBackend(backend as BackendName, backend === 'wasm' ? { threads: threads as number } : {})
        : undefined
      work = await createDataWork(row, folder as string, threads as number)
      await writeTensors(folder as string, 'given', work.given ?? [])
      const result = await work.result()
      if (result !== undefined) await writeTensors(folder as string, 'result', [['result', result]])
      return { threads: started?.threads ?? threads, description: started?.description, about: work.about }
    },
    async run({ times }) {
      if (work === undefined) throw new Error('setup comes first')
      const dataBefore = work.dataSeconds?.()
      const before = process.cpuUsage()
      const start = performance.now()
      for (let i = 0; i < (times as number); i++) await work.run()
      const ms = (performance.now() - start) / (times as number)
      const { user, system } = process.cpuUsage(before)
      const dataSeconds = dataBefore === undefined ? undefined : work.dataSeconds!() - dataBefore
      return {
        ms,
        cpuMs: (user + system) / 1e3 / (times as number),
        peakMB: peakMemoryBytes() / 1e6,
        ...(dataSeconds === undefined ? {} : { dataShare: (1000 * dataSeconds) / (ms * (times as number)) }),
      }
    },
  })
}
