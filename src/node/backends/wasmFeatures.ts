/** The bytes of a module with one function, valid only where WebAssembly knows what is in it. */
const module = (sections: readonly number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...sections])

/** `i32.atomic.load` of a shared memory. */
const threads = module([1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11])
/** `i8x16.popcnt` of a splat. */
const simd = module([1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11])
/** `i8x16.relaxed_swizzle` of two splats. */
const relaxedSIMD = module([
  1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
])

/** Whether WebAssembly has SIMD. */
export const hasSIMD = (): boolean => WebAssembly.validate(simd)

/** Whether WebAssembly has relaxed SIMD (fused multiply-add). */
export const hasRelaxedSIMD = (): boolean => WebAssembly.validate(relaxedSIMD)

/** Why wasm cannot have threads here; undefined where it can. */
export function whyNoThreads(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined') return 'there is no SharedArrayBuffer'
  if (!WebAssembly.validate(threads)) return 'this WebAssembly has no threads'
  return undefined
}
