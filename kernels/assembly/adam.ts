/**
 * One update of Adam in float32: `m' = b1 m + s1 g`, `v' = b2 v + s2 g^2`,
 * `weight' = weight - scale m' / (root sqrt(v') + epsilon)`.
 */
export function adam(
  weight: usize,
  m: usize,
  v: usize,
  gradient: usize,
  newWeight: usize,
  newM: usize,
  newV: usize,
  count: usize,
  beta1: f32,
  share1: f32,
  beta2: f32,
  share2: f32,
  scale: f32,
  root: f32,
  epsilon: f32,
): void {
  let i: usize = 0
  if (ASC_FEATURE_SIMD) {
    const b1 = f32x4.splat(beta1)
    const s1 = f32x4.splat(share1)
    const b2 = f32x4.splat(beta2)
    const s2 = f32x4.splat(share2)
    const rate = f32x4.splat(scale)
    const factor = f32x4.splat(root)
    const little = f32x4.splat(epsilon)
    for (; i + 4 <= count; i += 4) {
      const at = i << 2
      const g = v128.load(gradient + at)
      const first = f32x4.add(f32x4.mul(b1, v128.load(m + at)), f32x4.mul(s1, g))
      const second = f32x4.add(f32x4.mul(b2, v128.load(v + at)), f32x4.mul(s2, f32x4.mul(g, g)))
      const divisor = f32x4.add(f32x4.mul(factor, f32x4.sqrt(second)), little)
      v128.store(newM + at, first)
      v128.store(newV + at, second)
      v128.store(newWeight + at, f32x4.sub(v128.load(weight + at), f32x4.div(f32x4.mul(rate, first), divisor)))
    }
  }
  for (; i < count; i++) {
    const at = i << 2
    const g = load<f32>(gradient + at)
    const first = beta1 * load<f32>(m + at) + share1 * g
    const second = beta2 * load<f32>(v + at) + share2 * (g * g)
    store<f32>(newM + at, first)
    store<f32>(newV + at, second)
    store<f32>(newWeight + at, load<f32>(weight + at) - (scale * first) / (root * Mathf.sqrt(second) + epsilon))
  }
}
