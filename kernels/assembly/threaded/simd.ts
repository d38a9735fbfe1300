/** `a * b + c`; in one rounding where the machine has relaxed SIMD. */
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

/** The first `count` (1 to 4) floats at `from`, zeros after them; reads nothing beyond. */
export function loadLanes(from: usize, count: i32): v128 {
  if (count >= 4) return v128.load(from)
  if (count === 1) return v128.load32_zero(from)
  const two = v128.load64_zero(from)
  return count === 2 ? two : v128.load_lane<f32>(from, two, 2, 8)
}

/** Writes the first `count` (1 to 4) floats, and nothing beyond. */
export function storeLanes(to: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(to, value)
  else {
    v128.store_lane<f32>(to, value, 0)
    if (count > 1) v128.store_lane<f32>(to, value, 1, 4)
    if (count > 2) v128.store_lane<f32>(to, value, 2, 8)
  }
}
