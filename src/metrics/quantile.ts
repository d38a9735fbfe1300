/** The quantile of ascending values, for q in [0, 1], linear between neighbours: NumPy's default. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1)
  const low = Math.min(Math.floor(at), sorted.length - 1)
  const a = sorted[low]!
  const b = sorted[Math.min(low + 1, sorted.length - 1)]!
  return a + (b - a) * (at - low)
}
