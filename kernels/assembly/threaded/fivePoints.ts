import { filter, filterGradient, input, Line, output, outputGradient, plus, times } from './line'

/** Transforms with the points 0, 1, -1, 2 and infinity, for 2 taps. */
export class FivePoints {
  /** One line of a transform. */
  @inline static line(kind: i32, isFirst: boolean, size: i32, from: usize, to: usize, step: usize): void {
    if (kind === input) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const odd = f32x4.sub(v3, v1)
      Line.write(isFirst, size, to, 0, step, plus(odd, f32x4.sub(v0, v2), 2))
      Line.write(isFirst, size, to, 1, step, f32x4.sub(odd, f32x4.add(v1, v2)))
      Line.write(isFirst, size, to, 2, step, plus(odd, f32x4.sub(v1, v2), 3))
      Line.write(isFirst, size, to, 3, step, odd)
      Line.write(isFirst, size, to, 4, step, plus(f32x4.sub(v4, v2), odd, -2))
    } else if (kind === output) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const sum = f32x4.add(v1, v2)
      const difference = f32x4.sub(v1, v2)
      Line.write(isFirst, size, to, 0, step, f32x4.add(f32x4.add(v0, sum), v3))
      Line.write(isFirst, size, to, 1, step, plus(difference, v3, 2))
      Line.write(isFirst, size, to, 2, step, plus(sum, v3, 4))
      Line.write(isFirst, size, to, 3, step, f32x4.add(plus(difference, v3, 8), v4))
    } else if (kind === filter) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      Line.write(isFirst, size, to, 0, step, times(v0, 0.5))
      Line.write(isFirst, size, to, 1, step, times(f32x4.add(v0, v1), -0.5))
      Line.write(isFirst, size, to, 2, step, times(f32x4.sub(v1, v0), 1.0 / 6))
      Line.write(isFirst, size, to, 3, step, plus(times(v0, 1.0 / 6), v1, 1.0 / 3))
      Line.write(isFirst, size, to, 4, step, v1)
    } else if (kind === outputGradient) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const even = f32x4.add(v0, v2)
      const odd = f32x4.add(v1, v3)
      Line.write(isFirst, size, to, 0, step, v0)
      Line.write(isFirst, size, to, 1, step, f32x4.add(even, odd))
      Line.write(isFirst, size, to, 2, step, f32x4.sub(even, odd))
      Line.write(isFirst, size, to, 3, step, plus(plus(plus(v0, v1, 2), v2, 4), v3, 8))
      Line.write(isFirst, size, to, 4, step, v3)
    } else if (kind === filterGradient) {
      const v0 = Line.read(isFirst, from, 0, step)
      const v1 = Line.read(isFirst, from, 1, step)
      const v2 = Line.read(isFirst, from, 2, step)
      const v3 = Line.read(isFirst, from, 3, step)
      const v4 = Line.read(isFirst, from, 4, step)
      const half = times(v1, -0.5)
      Line.write(isFirst, size, to, 0, step, plus(plus(half, v0, 0.5), f32x4.sub(v3, v2), 1.0 / 6))
      Line.write(isFirst, size, to, 1, step, f32x4.add(plus(plus(half, v2, 1.0 / 6), v3, 1.0 / 3), v4))
    }
  }

  /** A whole tile: lines of `size` elements, `toSize` lines of results. */
  @inline static square(
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
      FivePoints.line(kind, true, size, from, place, rowStep)
    }
    for (let i = 0, place = temporary; i < toSize; i++, place += <usize>(16 * size), to += toRowStep) {
      FivePoints.line(kind, false, size, place, to, toColumnStep)
    }
  }
}
