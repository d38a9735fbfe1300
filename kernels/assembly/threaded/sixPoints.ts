import { filter, filterGradient, input, Line, output, outputGradient, plus, times } from './line'

/** Transforms with the points 0, 1, -1, 2, -2 and infinity. */
export class SixPoints {
  /** One line of a transform. */
  @inline static line(kind: i32, taps: i32, isFirst: boolean, size: i32, from: usize, to: usize, step: usize): void {
    if (kind === input) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const v5 = Line.read(isFirst, from, 5, step)
      const even = plus(v4, v2, -4)
      const odd = plus(v3, v1, -4)
      const even2 = f32x4.sub(v4, v2)
      const half = f32x4.sub(v3, v1)
      const odd2 = f32x4.add(half, half)
      Line.write(isFirst, size, to, 0, step, plus(plus(v4, v2, -5), v0, 4))
      Line.write(isFirst, size, to, 1, step, f32x4.add(even, odd))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(even, odd))
      Line.write(isFirst, size, to, 3, step, f32x4.add(even2, odd2))
      Line.write(isFirst, size, to, 4, step, f32x4.sub(even2, odd2))
      Line.write(isFirst, size, to, 5, step, plus(plus(v5, v3, -5), v1, 4))
    } else if (kind === output) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const v5 = Line.read(isFirst, from, 5, step)
      const sum1 = f32x4.add(v1, v2)
      const difference1 = f32x4.sub(v1, v2)
      const sum2 = f32x4.add(v3, v4)
      const difference2 = f32x4.sub(v3, v4)
      Line.write(isFirst, size, to, 0, step, f32x4.add(f32x4.add(v0, sum1), sum2))
      Line.write(isFirst, size, to, 1, step, plus(difference1, difference2, 2))
      Line.write(isFirst, size, to, 2, step, plus(sum1, sum2, 4))
      if (taps === 3) {
        Line.write(isFirst, size, to, 3, step, f32x4.add(plus(difference1, difference2, 8), v5))
      } else {
        Line.write(isFirst, size, to, 3, step, plus(difference1, difference2, 8))
        Line.write(isFirst, size, to, 4, step, f32x4.add(plus(sum1, sum2, 16), v5))
      }
    } else if (kind === filter && taps === 2) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const outer = times(v0, -1.0 / 6)
      const middle = times(v1, 1.0 / 6)
      const outer2 = times(v0, 1.0 / 24)
      const middle2 = times(v1, 1.0 / 12)
      Line.write(isFirst, size, to, 0, step, times(v0, 0.25))
      Line.write(isFirst, size, to, 1, step, f32x4.sub(outer, middle))
      Line.write(isFirst, size, to, 2, step, f32x4.add(outer, middle))
      Line.write(isFirst, size, to, 3, step, f32x4.add(outer2, middle2))
      Line.write(isFirst, size, to, 4, step, f32x4.sub(outer2, middle2))
      Line.write(isFirst, size, to, 5, step, v1)
    } else if (kind === filter) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const outer = times(f32x4.add(v0, v2), -1.0 / 6)
      const middle = times(v1, 1.0 / 6)
      const outer2 = plus(times(v0, 1.0 / 24), v2, 1.0 / 6)
      const middle2 = times(v1, 1.0 / 12)
      Line.write(isFirst, size, to, 0, step, times(v0, 0.25))
      Line.write(isFirst, size, to, 1, step, f32x4.sub(outer, middle))
      Line.write(isFirst, size, to, 2, step, f32x4.add(outer, middle))
      Line.write(isFirst, size, to, 3, step, f32x4.add(outer2, middle2))
      Line.write(isFirst, size, to, 4, step, f32x4.sub(outer2, middle2))
      Line.write(isFirst, size, to, 5, step, v2)
    } else if (kind === outputGradient && taps === 2) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const even = f32x4.add(f32x4.add(v0, v2), v4)
      const odd = f32x4.add(v1, v3)
      const even2 = plus(plus(v0, v2, 4), v4, 16)
      const odd2 = plus(f32x4.add(v1, v1), v3, 8)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, f32x4.add(even, odd))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(even, odd))
      Line.write(isFirst, size, to, 3, step, f32x4.add(even2, odd2))
      Line.write(isFirst, size, to, 4, step, f32x4.sub(even2, odd2))
      Line.write(isFirst, size, to, 5, step, v4)
    } else if (kind === outputGradient) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const even = f32x4.add(v0, v2)
      const odd = f32x4.add(v1, v3)
      const even2 = plus(v0, v2, 4)
      const odd2 = plus(f32x4.add(v1, v1), v3, 8)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, f32x4.add(even, odd))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(even, odd))
      Line.write(isFirst, size, to, 3, step, f32x4.add(even2, odd2))
      Line.write(isFirst, size, to, 4, step, f32x4.sub(even2, odd2))
      Line.write(isFirst, size, to, 5, step, v3)
    } else if (kind === filterGradient) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const v5 = Line.read(isFirst, from, 5, step)
      const sum1 = times(f32x4.add(v1, v2), 1.0 / 6)
      const sum2 = f32x4.add(v3, v4)
      const middle = plus(times(f32x4.sub(v2, v1), 1.0 / 6), f32x4.sub(v3, v4), 1.0 / 12)
      Line.write(isFirst, size, to, 0, step, f32x4.sub(plus(times(v0, 0.25), sum2, 1.0 / 24), sum1))
      if (taps === 3) {
        Line.write(isFirst, size, to, 1, step, middle)
        Line.write(isFirst, size, to, 2, step, f32x4.sub(plus(v5, sum2, 1.0 / 6), sum1))
      } else Line.write(isFirst, size, to, 1, step, f32x4.add(middle, v5))
    }
  }

  /** A whole tile: lines of `size` elements, `toSize` lines of results. */
  @inline static square(
    taps: i32,
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
      SixPoints.line(kind, taps, true, size, from, place, rowStep)
    }
    for (let i = 0, place = temporary; i < toSize; i++, place += <usize>(16 * size), to += toRowStep) {
      SixPoints.line(kind, taps, false, size, place, to, toColumnStep)
    }
  }
}
