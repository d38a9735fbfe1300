/** Zeros in `rows` rows of `length` words, `stride` words apart. */
export function clearRows(to: usize, stride: usize, rows: usize, length: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    let target = to + ((row * stride) << 2)
    const end = target + (length << 2)
    if (ASC_FEATURE_SIMD) {
      for (; target + 16 <= end; target += 16) v128.store(target, i32x4.splat(0))
    }
    for (; target < end; target += 4) store<u32>(target, 0)
  }
}
