import { madd } from './simd'

/**
 * `out[r][0..7] += sum over k of left[k][r] * right[k][0..7]` for four rows r, both sides packed: 16 and 32 bytes for each
 * k. The sum is made before it is added, so that long sums made of several calls are rounded less.
 * @param isFirst nonzero to write the sum instead of adding it.
 */
export function multiplyPanels(left: usize, right: usize, depth: i32, out: usize, outStep: usize, isFirst: i32): void {
  let a0 = f32x4.splat(0)
  let b0 = a0
  let a1 = a0
  let b1 = a0
  let a2 = a0
  let b2 = a0
  let a3 = a0
  let b3 = a0
  const end = left + ((<usize>depth) << 4)
  while (left < end) {
    const y = v128.load(right)
    const z = v128.load(right, 16)
    let x = v128.load32_splat(left)
    a0 = madd(x, y, a0)
    b0 = madd(x, z, b0)
    x = v128.load32_splat(left, 4)
    a1 = madd(x, y, a1)
    b1 = madd(x, z, b1)
    x = v128.load32_splat(left, 8)
    a2 = madd(x, y, a2)
    b2 = madd(x, z, b2)
    x = v128.load32_splat(left, 12)
    a3 = madd(x, y, a3)
    b3 = madd(x, z, b3)
    left += 16
    right += 32
  }
  const second = out + outStep
  const third = second + outStep
  const fourth = third + outStep
  if (!isFirst) {
    a0 = f32x4.add(a0, v128.load(out))
    b0 = f32x4.add(b0, v128.load(out, 16))
    a1 = f32x4.add(a1, v128.load(second))
    b1 = f32x4.add(b1, v128.load(second, 16))
    a2 = f32x4.add(a2, v128.load(third))
    b2 = f32x4.add(b2, v128.load(third, 16))
    a3 = f32x4.add(a3, v128.load(fourth))
    b3 = f32x4.add(b3, v128.load(fourth, 16))
  }
  v128.store(out, a0)
  v128.store(out, b0, 16)
  v128.store(second, a1)
  v128.store(second, b1, 16)
  v128.store(third, a2)
  v128.store(third, b2, 16)
  v128.store(fourth, a3)
  v128.store(fourth, b3, 16)
}
