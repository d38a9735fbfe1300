import { madd } from './simd'

/** The kinds of transforms. */
export const input: i32 = 0
export const output: i32 = 1
export const filter: i32 = 2
export const outputGradient: i32 = 3
export const filterGradient: i32 = 4

export function times(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor))
}

export function plus(sum: v128, value: v128, factor: f32): v128 {
  return madd(value, f32x4.splat(factor), sum)
}

/**
 * Functions that are compiled anew for each kind of transform: only methods can be marked so in TypeScript's grammar. Of
 * a line's two ends one is the temporary square, whose lines are known when it is compiled; at the other `step` leads
 * from element to element.
 */
export class Line {
  /** Element k of a line: of the input in the first pass, of the temporary square in the second. */
  @inline static read(isFirst: boolean, from: usize, k: i32, step: usize): v128 {
    return isFirst ? v128.load(from + <usize>k * step) : v128.load(from + 16 * k)
  }

  /** Writes element k of a line: into the temporary square, whose lines have `size` vectors, in the first pass. */
  @inline static write(isFirst: boolean, size: i32, to: usize, k: i32, step: usize, value: v128): void {
    if (isFirst) v128.store(to + 16 * size * k, value)
    else v128.store(to + <usize>k * step, value)
  }
}
