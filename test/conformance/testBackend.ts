import { getBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, inject, it } from 'vitest'
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
  }
}

/** One test for each case, on the backend of the vitest project. */
export function testBackend(start: (backend: ConformanceBackend) => Promise<void>): void {
  const backend = backendOf(inject('conformanceBackend'))

  beforeAll(async () => {
    await start(backend)
    if (getBackend() !== backend.name) throw new Error(`the active backend is ${getBackend()}, not ${backend.name}`)
  })

  describe(`tfjs on ${backend.id}`, () => {
    it.for(cases)('$name', async (each, { task }) => {
      const { name } = each
      task.meta.conformance = { backend: backend.id, case: name, error: null }
      const measurement = await measure(each)
      const error = Number.isFinite(measurement.error) ? measurement.error : null
      task.meta.conformance = { backend: backend.id, case: name, error }
      expect(complaint(each, measurement)).toBeUndefined()
    })
  })
}
