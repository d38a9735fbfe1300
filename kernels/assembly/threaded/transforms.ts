import { FivePoints } from './fivePoints'
import { FourPoints } from './fourPoints'
import { filter, filterGradient, input, output, outputGradient } from './line'
import { SixPoints } from './sixPoints'

// Winograd's minimal filtering (Lavin and Gray 2016): m outputs of a filter with 3 taps, or 2, an axis, from n = m + taps - 1
// points. Of 3 taps F(4x4) and of 2 F(5x5) have the points 0, 1, -1, 2, -2 and infinity, F(2x2) and F(3x3)
// have 0, 1, -1 and infinity, F(4x4) of 2 taps has those and 2.
// `y = A^T [(G g G^T) * (B^T d B)] A`; gradients are the adjoints. Each transform works on four channels at a time, rows
// first into `temporary`, then columns.

/** `B^T d B`, n x n to the same. */
export function transformInput(
  n: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (n === 6) SixPoints.square(3, input, 6, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else if (n === 5) FivePoints.square(input, 5, 5, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  else FourPoints.square(3, input, 4, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
}

/** `A^T m A`, n x n to m x m. */
export function transformOutput(
  m: i32,
  taps: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (taps === 3) {
    if (m === 4) SixPoints.square(3, output, 6, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(3, output, 4, 2, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  } else {
    if (m === 5) SixPoints.square(2, output, 6, 5, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else if (m === 4) FivePoints.square(output, 5, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(2, output, 4, 3, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  }
}

/** `G g G^T`, taps x taps to n x n. */
export function transformFilter(
  m: i32,
  taps: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (taps === 3) {
    if (m === 4) SixPoints.square(3, filter, 3, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(3, filter, 3, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  } else {
    if (m === 5) SixPoints.square(2, filter, 2, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else if (m === 4) FivePoints.square(filter, 2, 5, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(2, filter, 2, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  }
}

/** `A dy A^T`, m x m to n x n: the adjoint of `transformOutput`. */
export function transformOutputGradient(
  m: i32,
  taps: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (taps === 3) {
    if (m === 4)
      SixPoints.square(3, outputGradient, 4, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(3, outputGradient, 2, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  } else {
    if (m === 5)
      SixPoints.square(2, outputGradient, 5, 6, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else if (m === 4)
      FivePoints.square(outputGradient, 4, 5, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(2, outputGradient, 3, 4, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  }
}

/** `G^T u G`, n x n to taps x taps: the adjoint of `transformFilter`. */
export function transformFilterGradient(
  m: i32,
  taps: i32,
  from: usize,
  rowStep: usize,
  columnStep: usize,
  to: usize,
  toRowStep: usize,
  toColumnStep: usize,
  temporary: usize,
): void {
  if (taps === 3) {
    if (m === 4)
      SixPoints.square(3, filterGradient, 6, 3, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(3, filterGradient, 4, 3, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  } else {
    if (m === 5)
      SixPoints.square(2, filterGradient, 6, 2, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else if (m === 4)
      FivePoints.square(filterGradient, 5, 2, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
    else FourPoints.square(2, filterGradient, 4, 2, from, rowStep, columnStep, to, toRowStep, toColumnStep, temporary)
  }
}
