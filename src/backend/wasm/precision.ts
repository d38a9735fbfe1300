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

/** Throws an {@link ArgumentError} unless it is a precision, or left out. */
export function requirePrecision(precision: WasmPrecision | undefined): void {
  if (precision !== undefined && !wasmPrecisions.includes(precision)) {
    throw new ArgumentError('options.precision', `be one of ${wasmPrecisions.join(', ')}`, precision)
  }
}

/** Chooses the precision of what is computed from now on. */
export function setWasmPrecision(precision: WasmPrecision): void {
  settings[key] = precision
}
