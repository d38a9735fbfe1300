import { memory } from '@tensorflow/tfjs-core'
import { wasmPrecision } from '../../src/backend/index.js'
import { setWasmPrecision } from '../../src/backend/wasm/precision.js'
import { error, rmsError, type Comparison, type ConformanceCase } from './case.js'

/** What a case has shown on a backend. */
export interface Measurement {
  /** The largest error of its comparisons. */
  readonly error: number
  /** Each comparison's error by its name. */
  readonly errors: Readonly<Record<string, number>>
  /** The same as roots of mean squares. */
  readonly rmsErrors: Readonly<Record<string, number>>
  /** Tensors left behind. */
  readonly leaked: number
}

/** Runs the case with its precision. */
async function compute({ run, precision }: ConformanceCase): Promise<Readonly<Record<string, Comparison>>> {
  const before = wasmPrecision()
  setWasmPrecision(precision ?? before)
  try {
    return await run()
  } finally {
    setWasmPrecision(before)
  }
}

/** Runs the case on the active backend. */
export async function measure(statement: ConformanceCase): Promise<Measurement> {
  const { name } = statement
  const before = memory().numTensors
  const comparisons = Object.entries(await compute(statement))
  if (comparisons.length === 0) throw new Error(`${name}: compares nothing`)
  for (const [part, { expected }] of comparisons) {
    if (expected.length === 0) throw new Error(`${name}: ${part} has no values`)
  }
  const each = (by: (comparison: Comparison) => number): Record<string, number> =>
    Object.fromEntries(comparisons.map(([part, comparison]) => [part, by(comparison)]))
  const errors = each(error)
  const leaked = memory().numTensors - before
  return { error: Math.max(...Object.values(errors)), errors, rmsErrors: each(rmsError), leaked }
}

/**
 * What is wrong with a measurement, in one sentence; undefined where it passes. With `rmsLimit` also the roots of its mean
 * squared errors must be within it.
 */
export function complaint(
  { tolerance }: ConformanceCase,
  { errors, rmsErrors, leaked }: Measurement,
  rmsLimit = Infinity,
): string | undefined {
  const beyond = (found: Readonly<Record<string, number>>, limit: number): string =>
    Object.entries(found)
      .filter(([, value]) => !(value <= limit))
      .map(([part, value]) => `${part} is off by ${value.toExponential(1)}`)
      .join(', ')
  const wrong = beyond(errors, tolerance)
  if (wrong !== '') return `${wrong} (tolerance ${tolerance})`
  const rough = beyond(rmsErrors, rmsLimit)
  if (rough !== '') return `${rough} in the root mean square (limit ${rmsLimit})`
  return leaked === 0 ? undefined : `leaves ${leaked} tensors behind`
}
