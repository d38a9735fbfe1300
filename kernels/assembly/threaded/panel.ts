import { madd } from './simd'

// The loops over depth are not unrolled: V8 moves all loads of a basic block to its start, and larger tiles or unrolled
// loops run out of registers. Rows are four pointers, columns two vectors.

/**
 * `out[r][0..7] = sum over k of row r [k] * panel[k][0..7]` for four rows. A panel is packed, 32 bytes for each k.
 * @param end where row 0 ends.
 */
export function multiplyRows(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  end: usize,
  panel: usize,
  out: usize,
  outStep: usize,
): void {
  let a0 = f32x4.splat(0)
  let b0 = a0
  let a1 = a0
  let b1 = a0
  let a2 = a0
  let b2 = a0
  let a3 = a0
  let b3 = a0
  while (row0 < end) {
    const left = v128.load(panel)
    const right = v128.load(panel, 16)
    let x = v128.load32_splat(row0)
    a0 = madd(x, left, a0)
    b0 = madd(x, right, b0)
    x = v128.load32_splat(row1)
    a1 = madd(x, left, a1)
    b1 = madd(x, right, b1)
    x = v128.load32_splat(row2)
    a2 = madd(x, left, a2)
    b2 = madd(x, right, b2)
    x = v128.load32_splat(row3)
    a3 = madd(x, left, a3)
    b3 = madd(x, right, b3)
    row0 += 4
    row1 += 4
    row2 += 4
    row3 += 4
    panel += 32
  }
  v128.store(out, a0)
  v128.store(out, b0, 16)
  out += outStep
  v128.store(out, a1)
  v128.store(out, b1, 16)
  out += outStep
  v128.store(out, a2)
  v128.store(out, b2, 16)
  out += outStep
  v128.store(out, a3)
  v128.store(out, b3, 16)
}

/**
 * `out[r][0..7] += sum over k of x[k][r] * y[k][0..7]` for four rows r: a product with x transposed.
 * @param isFirst nonzero to write the sum instead of adding it.
 */
export function multiplyColumns(
  x: usize,
  xStep: usize,
  y: usize,
  yStep: usize,
  depth: i32,
  out: usize,
  outStep: usize,
  isFirst: i32,
): void {
  let a0 = f32x4.splat(0)
  let b0 = a0
  let a1 = a0
  let b1 = a0
  let a2 = a0
  let b2 = a0
  let a3 = a0
  let b3 = a0
  if (!isFirst) {
    const second = out + outStep
    const third = second + outStep
    const fourth = third + outStep
    a0 = v128.load(out)
    b0 = v128.load(out, 16)
    a1 = v128.load(second)
    b1 = v128.load(second, 16)
    a2 = v128.load(third)
    b2 = v128.load(third, 16)
    a3 = v128.load(fourth)
    b3 = v128.load(fourth, 16)
  }
  while (depth > 0) {
    const left = v128.load(y)
    const right = v128.load(y, 16)
    let value = v128.load32_splat(x)
    a0 = madd(value, left, a0)
    b0 = madd(value, right, b0)
    value = v128.load32_splat(x, 4)
    a1 = madd(value, left, a1)
    b1 = madd(value, right, b1)
    value = v128.load32_splat(x, 8)
    a2 = madd(value, left, a2)
    b2 = madd(value, right, b2)
    value = v128.load32_splat(x, 12)
    a3 = madd(value, left, a3)
    b3 = madd(value, right, b3)
    x += xStep
    y += yStep
    depth--
  }
  v128.store(out, a0)
  v128.store(out, b0, 16)
  out += outStep
  v128.store(out, a1)
  v128.store(out, b1, 16)
  out += outStep
  v128.store(out, a2)
  v128.store(out, b2, 16)
  out += outStep
  v128.store(out, a3)
  v128.store(out, b3, 16)
}
