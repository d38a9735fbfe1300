import { ArgumentError } from '../../errors.js'

/** How 3x3 convolutions are computed on wasm; see {@link enableWasmTraining}. */
export type WasmPrecision = 'fast' | 'exact'

/** The precisions of the wasm backend, the default first. */
export const wasmPrecisions: readonly WasmPrecision[] = ['fast', 'exact']

const key = Symbol.for('esrgan-scnn.wasm-precision')
const settings = globalThis as { [key]?: WasmPrecision }

/** The precision in force, for the whole process and all builds of this package in it. */
export function wasmPrecision(): WasmPrecision {
  return settings[key] ?? 'fast'
}

/**
 * Chooses the precision of what is computed from now on.
 *
 * @throws ArgumentError for another name.
 */
export function setWasmPrecision(precision: WasmPrecision): void {
  if (!wasmPrecisions.includes(precision)) {
    throw new ArgumentError('options.precision', `be one of ${wasmPrecisions.join(', ')}`, precision)
  }
  settings[key] = precision
}
