import { FourPoints } from './fourPoints'
import { filter, filterGradient, input, output, outputGradient } from './line'
import { SixPoints } from './sixPoints'

// Winograd's minimal filtering (Lavin and Gray 2016) for 3x3 filters, F(4x4) with the points 0, 1, -1, 2, -2 and infinity,
// F(2x2) with 0, 1, -1 and infinity. `y = A^T [(G g G^T) * (B^T d B)] A`; gradients are the adjoints. Each transform works
// on four channels at a time, rows first into `temporary`, then columns.

/** Functions that are compiled anew for each kind of transform. */
class Transform {
  /** A whole tile: lines of `size` elements, `toSize` lines of results. */
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
      if (m === 4) SixPoints.line(kind, true, size, from, place, rowStep)
      else FourPoints.line(kind, true, size, from, place, rowStep)
    }
    for (let i = 0, place = temporary; i < toSize; i++, place += <usize>(16 * size), to += toRowStep) {
      if (m === 4) SixPoints.line(kind, false, size, place, to, toColumnStep)
      else FourPoints.line(kind, false, size, place, to, toColumnStep)
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
