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

/** Functions that are compiled anew for each kind of transform: only methods can be marked so in TypeScript's grammar. */
class Transform {
  /** One line of a transform for F(4x4). */
  @inline static of4(kind: i32, from: usize, step: usize, to: usize, toStep: usize): void {
    const v0 = v128.load(from)
    const v1 = v128.load(from + step)
    const v2 = v128.load(from + 2 * step)
    if (kind === input) {
      const v3 = v128.load(from + 3 * step)
      const v4 = v128.load(from + 4 * step)
      const v5 = v128.load(from + 5 * step)
      v128.store(to, plus(plus(v4, v2, -5), v0, 4))
      const even = plus(v4, v2, -4)
      const odd = plus(v3, v1, -4)
      v128.store(to + toStep, f32x4.add(even, odd))
      v128.store(to + 2 * toStep, f32x4.sub(even, odd))
      const even2 = f32x4.sub(v4, v2)
      const half = f32x4.sub(v3, v1)
      const odd2 = f32x4.add(half, half)
      v128.store(to + 3 * toStep, f32x4.add(even2, odd2))
      v128.store(to + 4 * toStep, f32x4.sub(even2, odd2))
      v128.store(to + 5 * toStep, plus(plus(v5, v3, -5), v1, 4))
    } else if (kind === output) {
      const v3 = v128.load(from + 3 * step)
      const v4 = v128.load(from + 4 * step)
      const v5 = v128.load(from + 5 * step)
      const sum1 = f32x4.add(v1, v2)
      const difference1 = f32x4.sub(v1, v2)
      const sum2 = f32x4.add(v3, v4)
      const difference2 = f32x4.sub(v3, v4)
      v128.store(to, f32x4.add(f32x4.add(v0, sum1), sum2))
      v128.store(to + toStep, plus(difference1, difference2, 2))
      v128.store(to + 2 * toStep, plus(sum1, sum2, 4))
      v128.store(to + 3 * toStep, f32x4.add(plus(difference1, difference2, 8), v5))
    } else if (kind === filter) {
      v128.store(to, times(v0, 0.25))
      const outer = times(f32x4.add(v0, v2), -1.0 / 6)
      const middle = times(v1, 1.0 / 6)
      v128.store(to + toStep, f32x4.sub(outer, middle))
      v128.store(to + 2 * toStep, f32x4.add(outer, middle))
      const outer2 = plus(times(v0, 1.0 / 24), v2, 1.0 / 6)
      const middle2 = times(v1, 1.0 / 12)
      v128.store(to + 3 * toStep, f32x4.add(outer2, middle2))
      v128.store(to + 4 * toStep, f32x4.sub(outer2, middle2))
      v128.store(to + 5 * toStep, v2)
    } else if (kind === outputGradient) {
      const v3 = v128.load(from + 3 * step)
      v128.store(to, v0)
      const even = f32x4.add(v0, v2)
      const odd = f32x4.add(v1, v3)
      v128.store(to + toStep, f32x4.add(even, odd))
      v128.store(to + 2 * toStep, f32x4.sub(even, odd))
      const even2 = plus(v0, v2, 4)
      const odd2 = plus(f32x4.add(v1, v1), v3, 8)
      v128.store(to + 3 * toStep, f32x4.add(even2, odd2))
      v128.store(to + 4 * toStep, f32x4.sub(even2, odd2))
      v128.store(to + 5 * toStep, v3)
    } else {
      const v3 = v128.load(from + 3 * step)
      const v4 = v128.load(from + 4 * step)
      const v5 = v128.load(from + 5 * step)
      const sum1 = times(f32x4.add(v1, v2), 1.0 / 6)
      const sum2 = f32x4.add(v3, v4)
      v128.store(to, f32x4.sub(plus(times(v0, 0.25), sum2, 1.0 / 24), sum1))
      v128.store(to + toStep, plus(times(f32x4.sub(v2, v1), 1.0 / 6), f32x4.sub(v3, v4), 1.0 / 12))
      v128.store(to + 2 * toStep, f32x4.add(plus(v5, sum2, 1.0 / 6), f32x4.sub(f32x4.splat(0), sum1)))
    }
  }

  /** One line of a transform for F(2x2). */
  @inline static of2(kind: i32, from: usize, step: usize, to: usize, toStep: usize): void {
    const v0 = v128.load(from)
    const v1 = v128.load(from + step)
    if (kind === outputGradient) {
      v128.store(to, v0)
      v128.store(to + toStep, f32x4.add(v0, v1))
      v128.store(to + 2 * toStep, f32x4.sub(v0, v1))
      v128.store(to + 3 * toStep, f32x4.sub(f32x4.splat(0), v1))
      return
    }
    const v2 = v128.load(from + 2 * step)
    if (kind === filter) {
      v128.store(to, v0)
      const outer = times(f32x4.add(v0, v2), 0.5)
      const middle = times(v1, 0.5)
      v128.store(to + toStep, f32x4.add(outer, middle))
      v128.store(to + 2 * toStep, f32x4.sub(outer, middle))
      v128.store(to + 3 * toStep, v2)
      return
    }
    const v3 = v128.load(from + 3 * step)
    if (kind === input) {
      v128.store(to, f32x4.sub(v0, v2))
      v128.store(to + toStep, f32x4.add(v1, v2))
      v128.store(to + 2 * toStep, f32x4.sub(v2, v1))
      v128.store(to + 3 * toStep, f32x4.sub(v1, v3))
    } else if (kind === output) {
      v128.store(to, f32x4.add(f32x4.add(v0, v1), v2))
      v128.store(to + toStep, f32x4.sub(f32x4.sub(v1, v2), v3))
    } else {
      const sum = times(f32x4.add(v1, v2), 0.5)
      v128.store(to, f32x4.add(v0, sum))
      v128.store(to + toStep, times(f32x4.sub(v1, v2), 0.5))
      v128.store(to + 2 * toStep, f32x4.add(sum, v3))
    }
  }

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
    const temporaryRow = <usize>(size << 4)
    for (let j = 0; j < size; j++) {
      const source = from + <usize>j * columnStep
      const target = temporary + ((<usize>j) << 4)
      if (m === 4) Transform.of4(kind, source, rowStep, target, temporaryRow)
      else Transform.of2(kind, source, rowStep, target, temporaryRow)
    }
    for (let i = 0; i < toSize; i++) {
      const source = temporary + <usize>i * temporaryRow
      const target = to + <usize>i * toRowStep
      if (m === 4) Transform.of4(kind, source, 16, target, toColumnStep)
      else Transform.of2(kind, source, 16, target, toColumnStep)
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
