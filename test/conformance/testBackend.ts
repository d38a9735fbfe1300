import { getBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { repairBackend, type Repair } from '../../src/backend/index.js'
import { backendOf, type ConformanceBackend } from './backends.js'
import { cases } from './cases/index.js'
import { complaint, measure } from './measure.js'

/** What the report of a run holds for each test, besides whether it passed. */
export interface ConformanceMeta {
  readonly backend: string
  readonly case: string
  /** The largest error; null where it is infinite or the case threw. */
  readonly error: number | null
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The {@link ConformanceBackend.id} that the project runs on. */
    conformanceBackend: string
  }
  interface TaskMeta {
    conformance?: ConformanceMeta
    /** Of the test file: the repairs in force on its backend. */
    repairs?: readonly Repair[]
  }
}

/** One test for each case, on the backend of the vitest project. */
export function testBackend(start: (backend: ConformanceBackend) => Promise<void>): void {
  const backend = backendOf(inject('conformanceBackend'))

  let repairs: readonly Repair[] = []

  beforeAll(async () => {
    await start(backend)
    if (getBackend() !== backend.name) throw new Error(`the active backend is ${getBackend()}, not ${backend.name}`)
    // As the trainers do when they are created.
    repairs = repairBackend()
  })

  describe(`tfjs on ${backend.id}`, () => {
    for (const each of cases) {
      it(`${each.group}: ${each.name}`, async ({ task }) => {
        const about = { backend: backend.id, case: each.name }
        task.file.meta.repairs = repairs
        task.meta.conformance = { ...about, error: null }
        const measurement = await measure(each)
        task.meta.conformance = { ...about, error: Number.isFinite(measurement.error) ? measurement.error : null }
        const problem = complaint(each, measurement)
        if (problem !== undefined) expect.fail(problem)
      })
    }
  })
}
