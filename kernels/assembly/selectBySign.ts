/** `out = sign > 0 ? dy : slope * dy`, element by element, without a branch that noise would mispredict. */
export function selectBySign(dy: usize, sign: usize, slope: f32, out: usize, count: usize): void {
  let i: usize = 0
  if (ASC_FEATURE_SIMD) {
    const slopes = f32x4.splat(slope)
    const zeros = f32x4.splat(0)
    for (; i + 4 <= count; i += 4) {
      const at = i << 2
      const value = v128.load(dy + at)
      const isPositive = f32x4.gt(v128.load(sign + at), zeros)
      v128.store(out + at, v128.bitselect(value, f32x4.mul(value, slopes), isPositive))
    }
  }
  for (; i < count; i++) {
    const at = i << 2
    const value = load<f32>(dy + at)
    store<f32>(out + at, load<f32>(sign + at) > 0 ? value : value * slope)
  }
}
