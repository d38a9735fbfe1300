import { memory } from '@tensorflow/tfjs-core'
import { wasmPrecision } from '../../src/backend/index.js'
import { setWasmPrecision } from '../../src/backend/wasm/precision.js'
import { error, type Comparison, type ConformanceCase } from './case.js'

/** What a case has shown on a backend. */
export interface Measurement {
  /** The largest error of its comparisons. */
  readonly error: number
  /** Each comparison's error by its name. */
  readonly errors: Readonly<Record<string, number>>
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
export async function measure(each: ConformanceCase): Promise<Measurement> {
  const { name } = each
  const before = memory().numTensors
  const comparisons = Object.entries(await compute(each))
  if (comparisons.length === 0) throw new Error(`${name}: compares nothing`)
  for (const [part, { expected }] of comparisons) {
    if (expected.length === 0) throw new Error(`${name}: ${part} has no values`)
  }
  const errors = Object.fromEntries(comparisons.map(([part, comparison]) => [part, error(comparison)]))
  return { error: Math.max(...Object.values(errors)), errors, leaked: memory().numTensors - before }
}

/** What is wrong with a measurement, in one sentence; undefined where it passes. */
export function complaint({ tolerance }: ConformanceCase, { errors, leaked }: Measurement): string | undefined {
  const wrong = Object.entries(errors)
    .filter(([, value]) => !(value <= tolerance))
    .map(([part, value]) => `${part} is off by ${value.toExponential(1)}`)
  if (wrong.length > 0) return `${wrong.join(', ')} (tolerance ${tolerance})`
  return leaked === 0 ? undefined : `leaves ${leaked} tensors behind`
}
