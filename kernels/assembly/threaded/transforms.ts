import { madd } from './simd'

// Winograd's minimal filtering (Lavin and Gray 2016) for 3x3 filters, F(4x4) with the points 0, 1, -1, 2, -2 and infinity,
// F(2x2) with 0, 1, -1 and infinity. `y = A^T [(G g G^T) * (B^T d B)] A`; gradients are the adjoints. Each transform works
// on four channels at a time, rows first into `temporary`, then columns.

const input: i32 = 0
const output: i32 = 1
const filter: i32 = 2
const outputGradient: i32 = 3
const filterGradient: i32 = 4

function times(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor))
}

function plus(sum: v128, value: v128, factor: f32): v128 {
  return madd(value, f32x4.splat(factor), sum)
}

/**
 * Functions that are compiled anew for each kind of transform: only methods can be marked so in TypeScript's grammar. Of
 * a line's two ends one is the temporary square, whose lines are known when it is compiled; at the other `step` leads
 * from element to element.
 */
class Transform {
  /** Element k of a line: of the input in the first pass, of the temporary square in the second. */
  @inline static read(isFirst: boolean, from: usize, k: i32, step: usize): v128 {
    return isFirst ? v128.load(from + <usize>k * step) : v128.load(from + 16 * k)
  }

  /** Writes element k of a line: into the temporary square, whose lines have \`size\` vectors, in the first pass. */
  @inline static write(isFirst: boolean, size: i32, to: usize, k: i32, step: usize, value: v128): void {
    if (isFirst) v128.store(to + 16 * size * k, value)
    else v128.store(to + <usize>k * step, value)
  }

  /** One line of a transform for F(4x4). */
  @inline static of4(kind: i32, isFirst: boolean, size: i32, from: usize, to: usize, step: usize): void {
    if (kind === input) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      const v4 = Transform.read(isFirst, from, 4, step)
      const v5 = Transform.read(isFirst, from, 5, step)
      const even = plus(v4, v2, -4)
      const odd = plus(v3, v1, -4)
      const even2 = f32x4.sub(v4, v2)
      const half = f32x4.sub(v3, v1)
      const odd2 = f32x4.add(half, half)
      Transform.write(isFirst, size, to, 0, step, plus(plus(v4, v2, -5), v0, 4))
      Transform.write(isFirst, size, to, 1, step, f32x4.add(even, odd))
      Transform.write(isFirst, size, to, 2, step, f32x4.sub(even, odd))
      Transform.write(isFirst, size, to, 3, step, f32x4.add(even2, odd2))
      Transform.write(isFirst, size, to, 4, step, f32x4.sub(even2, odd2))
      Transform.write(isFirst, size, to, 5, step, plus(plus(v5, v3, -5), v1, 4))
    } else if (kind === output) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      const v4 = Transform.read(isFirst, from, 4, step)
      const v5 = Transform.read(isFirst, from, 5, step)
      const sum1 = f32x4.add(v1, v2)
      const difference1 = f32x4.sub(v1, v2)
      const sum2 = f32x4.add(v3, v4)
      const difference2 = f32x4.sub(v3, v4)
      Transform.write(isFirst, size, to, 0, step, f32x4.add(f32x4.add(v0, sum1), sum2))
      Transform.write(isFirst, size, to, 1, step, plus(difference1, difference2, 2))
      Transform.write(isFirst, size, to, 2, step, plus(sum1, sum2, 4))
      Transform.write(isFirst, size, to, 3, step, f32x4.add(plus(difference1, difference2, 8), v5))
    } else if (kind === filter) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const outer = times(f32x4.add(v0, v2), -1.0 / 6)
      const middle = times(v1, 1.0 / 6)
      const outer2 = plus(times(v0, 1.0 / 24), v2, 1.0 / 6)
      const middle2 = times(v1, 1.0 / 12)
      Transform.write(isFirst, size, to, 0, step, times(v0, 0.25))
      Transform.write(isFirst, size, to, 1, step, f32x4.sub(outer, middle))
      Transform.write(isFirst, size, to, 2, step, f32x4.add(outer, middle))
      Transform.write(isFirst, size, to, 3, step, f32x4.add(outer2, middle2))
      Transform.write(isFirst, size, to, 4, step, f32x4.sub(outer2, middle2))
      Transform.write(isFirst, size, to, 5, step, v2)
    } else if (kind === outputGradient) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      const even = f32x4.add(v0, v2)
      const odd = f32x4.add(v1, v3)
      const even2 = plus(v0, v2, 4)
      const odd2 = plus(f32x4.add(v1, v1), v3, 8)
      Transform.write(isFirst, size, to, 0, step, v0)
      Transform.write(isFirst, size, to, 1, step, f32x4.add(even, odd))
      Transform.write(isFirst, size, to, 2, step, f32x4.sub(even, odd))
      Transform.write(isFirst, size, to, 3, step, f32x4.add(even2, odd2))
      Transform.write(isFirst, size, to, 4, step, f32x4.sub(even2, odd2))
      Transform.write(isFirst, size, to, 5, step, v3)
    } else if (kind === filterGradient) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      const v4 = Transform.read(isFirst, from, 4, step)
      const v5 = Transform.read(isFirst, from, 5, step)
      const sum1 = times(f32x4.add(v1, v2), 1.0 / 6)
      const sum2 = f32x4.add(v3, v4)
      Transform.write(isFirst, size, to, 0, step, f32x4.sub(plus(times(v0, 0.25), sum2, 1.0 / 24), sum1))
      Transform.write(isFirst, size, to, 1, step, plus(times(f32x4.sub(v2, v1), 1.0 / 6), f32x4.sub(v3, v4), 1.0 / 12))
      Transform.write(isFirst, size, to, 2, step, f32x4.sub(plus(v5, sum2, 1.0 / 6), sum1))
    }
  }

  /** One line of a transform for F(2x2). */
  @inline static of2(kind: i32, isFirst: boolean, size: i32, from: usize, to: usize, step: usize): void {
    if (kind === input) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      Transform.write(isFirst, size, to, 0, step, f32x4.sub(v0, v2))
      Transform.write(isFirst, size, to, 1, step, f32x4.add(v1, v2))
      Transform.write(isFirst, size, to, 2, step, f32x4.sub(v2, v1))
      Transform.write(isFirst, size, to, 3, step, f32x4.sub(v1, v3))
    } else if (kind === output) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      Transform.write(isFirst, size, to, 0, step, f32x4.add(f32x4.add(v0, v1), v2))
      Transform.write(isFirst, size, to, 1, step, f32x4.sub(f32x4.sub(v1, v2), v3))
    } else if (kind === filter) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const outer = times(f32x4.add(v0, v2), 0.5)
      const middle = times(v1, 0.5)
      Transform.write(isFirst, size, to, 0, step, v0)
      Transform.write(isFirst, size, to, 1, step, f32x4.add(outer, middle))
      Transform.write(isFirst, size, to, 2, step, f32x4.sub(outer, middle))
      Transform.write(isFirst, size, to, 3, step, v2)
    } else if (kind === outputGradient) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      Transform.write(isFirst, size, to, 0, step, v0)
      Transform.write(isFirst, size, to, 1, step, f32x4.add(v0, v1))
      Transform.write(isFirst, size, to, 2, step, f32x4.sub(v0, v1))
      Transform.write(isFirst, size, to, 3, step, f32x4.neg(v1))
    } else if (kind === filterGradient) {
      const v0 = Transform.read(isFirst, from, 0, step)
      const v1 = Transform.read(isFirst, from, 1, step)
      const v2 = Transform.read(isFirst, from, 2, step)
      const v3 = Transform.read(isFirst, from, 3, step)
      const sum = times(f32x4.add(v1, v2), 0.5)
      Transform.write(isFirst, size, to, 0, step, f32x4.add(v0, sum))
      Transform.write(isFirst, size, to, 1, step, times(f32x4.sub(v1, v2), 0.5))
      Transform.write(isFirst, size, to, 2, step, f32x4.add(sum, v3))
    }
  }

  /** A whole tile: lines of \`size\` elements, \`toSize\` lines of results. */
  @inline static square(
    m: i32,
    kind: i32,
    size: i32,
    toSize: i32,
    from: usize,
    rowStep: usize,
    columnStep: usize,
    to: usize,
    toRowStep: usize,
    toColumnStep: usize,
    temporary: usize,
  ): void {
    for (let j = 0, place = temporary; j < size; j++, from += columnStep, place += 16) {
      if (m === 4) Transform.of4(kind, true, size, from, place, rowStep)
      else Transform.of2(kind, true, size, from, place, rowStep)
    }
    for (let i = 0, place = temporary; i < toSize; i++, place += <usize>(16 * size), to += toRowStep) {
      if (m === 4) Transform.of4(kind, false, size, place, to, toColumnStep)
      else Transform.of2(kind, false, size, place, to, toColumnStep)
    }
  }
}

/** `B^T d B`, (m+2)x(m+2) to the same. */
export function transformInput(
  m: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (m === 4) Transform.square(4, input, 6, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else Transform.square(2, input, 4, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
}

/** `A^T m A`, (m+2)x(m+2) to m x m. */
export function transformOutput(
  m: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (m === 4) Transform.square(4, output, 6, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else Transform.square(2, output, 4, 2, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
}

/** `G g G^T`, 3x3 to (m+2)x(m+2). */
export function transformFilter(
  m: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (m === 4) Transform.square(4, filter, 3, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else Transform.square(2, filter, 3, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
}

/** `A dy A^T`, m x m to (m+2)x(m+2): the adjoint of `transformOutput`. */
export function transformOutputGradient(
  m: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (m === 4)
    Transform.square(4, outputGradient, 4, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else Transform.square(2, outputGradient, 2, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
}

/** `G^T u G`, (m+2)x(m+2) to 3x3: the adjoint of `transformFilter`. */
export function transformFilterGradient(
  m: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (m === 4)
    Transform.square(4, filterGradient, 6, 3, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else Transform.square(2, filterGradient, 4, 3, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
}
