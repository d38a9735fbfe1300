import { filter, filterGradient, input, Line, output, outputGradient, times } from './line'

/** Transforms with the points 0, 1, -1 and infinity. */
export class FourPoints {
  /** One line of a transform. */
  @inline static line(kind: i32, taps: i32, isFirst: boolean, size: i32, from: usize, to: usize, step: usize): void {
    if (kind === input) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      Line.write(isFirst, size, to, 0, step, f32x4.sub(v0, v2))
      Line.write(isFirst, size, to, 1, step, f32x4.add(v1, v2))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(v2, v1))
      Line.write(isFirst, size, to, 3, step, f32x4.sub(v1, v3))
    } else if (kind === output) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      Line.write(isFirst, size, to, 0, step, f32x4.add(f32x4.add(v0, v1), v2))
      if (taps === 3) Line.write(isFirst, size, to, 1, step, f32x4.sub(f32x4.sub(v1, v2), v3))
      else {
        Line.write(isFirst, size, to, 1, step, f32x4.sub(v1, v2))
        Line.write(isFirst, size, to, 2, step, f32x4.sub(f32x4.add(v1, v2), v3))
      }
    } else if (kind === filter && taps === 2) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, times(f32x4.add(v0, v1), 0.5))
      Line.write(isFirst, size, to, 2, step, times(f32x4.sub(v0, v1), 0.5))
      Line.write(isFirst, size, to, 3, step, v1)
    } else if (kind === filter) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const outer = times(f32x4.add(v0, v2), 0.5)
      const middle = times(v1, 0.5)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, f32x4.add(outer, middle))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(outer, middle))
      Line.write(isFirst, size, to, 3, step, v2)
    } else if (kind === outputGradient && taps === 2) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const even = f32x4.add(v0, v2)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, f32x4.add(even, v1))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(even, v1))
      Line.write(isFirst, size, to, 3, step, f32x4.neg(v2))
    } else if (kind === outputGradient) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, f32x4.add(v0, v1))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(v0, v1))
      Line.write(isFirst, size, to, 3, step, f32x4.neg(v1))
    } else if (kind === filterGradient) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const sum = times(f32x4.add(v1, v2), 0.5)
      Line.write(isFirst, size, to, 0, step, f32x4.add(v0, sum))
      const middle = times(f32x4.sub(v1, v2), 0.5)
      if (taps === 3) {
        Line.write(isFirst, size, to, 1, step, middle)
        Line.write(isFirst, size, to, 2, step, f32x4.add(sum, v3))
      } else Line.write(isFirst, size, to, 1, step, f32x4.add(middle, v3))
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
      FourPoints.line(kind, taps, true, size, from, place, rowStep)
    }
    for (let i = 0, place = temporary; i < toSize; i++, place += <usize>(16 * size), to += toRowStep) {
      FourPoints.line(kind, taps, false, size, place, to, toColumnStep)
    }
  }
}
