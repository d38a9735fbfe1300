/** The constants of Loeffler, Ligtenberg and Moschytz's DCT, times 2^13, as libjpeg's `jfdctint.c` and `jidctint.c`. */
const fix = {
  c0298: 2446,
  c0390: 3196,
  c0541: 4433,
  c0765: 6270,
  c0899: 7373,
  c1175: 9633,
  c1501: 12299,
  c1847: 15137,
  c1961: 16069,
  c2053: 16819,
  c2562: 20995,
  c3072: 25172,
} as const

/** `x / 2^n`, halves up. */
const descale = (x: number, n: number): number => (x + (1 << (n - 1))) >> n

/** The four odd outputs of both directions, from the differences or the odd coefficients. */
function odd(t0: number, t1: number, t2: number, t3: number): [number, number, number, number] {
  const z5 = (t0 + t2 + t1 + t3) * fix.c1175
  const z1 = -(t0 + t3) * fix.c0899
  const z2 = -(t1 + t2) * fix.c2562
  const z3 = z5 - (t0 + t2) * fix.c1961
  const z4 = z5 - (t1 + t3) * fix.c0390
  return [t0 * fix.c0298 + z1 + z3, t1 * fix.c2053 + z2 + z4, t2 * fix.c3072 + z2 + z3, t3 * fix.c1501 + z1 + z4]
}

/** DCT of eight values `step` apart, in place: the even outputs without a factor are scaled by 2^plain, all others by 2^-shift. */
function forward(block: Int32Array, at: number, step: number, isRow: boolean): void {
  const v = (i: number): number => block[at + i * step]!
  const [s0, s1, s2, s3] = [v(0) + v(7), v(1) + v(6), v(2) + v(5), v(3) + v(4)]
  const odds = odd(v(3) - v(4), v(2) - v(5), v(1) - v(6), v(0) - v(7))
  const [t10, t13, t11, t12] = [s0 + s3, s0 - s3, s1 + s2, s1 - s2]
  const z = (t12 + t13) * fix.c0541
  const shift = isRow ? 11 : 15
  block[at] = isRow ? (t10 + t11) << 2 : descale(t10 + t11, 2)
  block[at + 4 * step] = isRow ? (t10 - t11) << 2 : descale(t10 - t11, 2)
  block[at + 2 * step] = descale(z + t13 * fix.c0765, shift)
  block[at + 6 * step] = descale(z - t12 * fix.c1847, shift)
  for (let k = 0; k < 4; k++) block[at + (7 - 2 * k) * step] = descale(odds[k]!, shift)
}

/** Inverse DCT of eight values `step` apart, in place, scaled by 2^-shift. */
function inverse(block: Int32Array, at: number, step: number, shift: number): void {
  const v = (i: number): number => block[at + i * step]!
  const z = (v(2) + v(6)) * fix.c0541
  const [e2, e3] = [z - v(6) * fix.c1847, z + v(2) * fix.c0765]
  const [e0, e1] = [(v(0) + v(4)) * 8192, (v(0) - v(4)) * 8192]
  const evens = [e0 + e3, e1 + e2, e1 - e2, e0 - e3]
  const odds = odd(v(7), v(5), v(3), v(1))
  for (let k = 0; k < 4; k++) {
    block[at + k * step] = descale(evens[k]! + odds[3 - k]!, shift)
    block[at + (7 - k) * step] = descale(evens[k]! - odds[3 - k]!, shift)
  }
}

/**
 * What a JPEG file keeps of a block of 8x8 samples, in place: DCT, division by the steps, rounding, and back. Samples are
 * around 0 (128 was subtracted). Whole numbers throughout, bit for bit as libjpeg's default (`JDCT_ISLOW`).
 */
export function quantiseBlock(block: Int32Array, steps: readonly number[]): void {
  for (let i = 0; i < 8; i++) forward(block, 8 * i, 1, true)
  for (let i = 0; i < 8; i++) forward(block, i, 8, false)
  for (let i = 0; i < 64; i++) {
    const [value, step] = [block[i]!, steps[i]!]
    // The transform has scaled by 8. Half a step goes away from 0.
    block[i] = Math.sign(value) * Math.floor((Math.abs(value) + 4 * step) / (8 * step)) * step
  }
  for (let i = 0; i < 8; i++) inverse(block, i, 8, 11)
  for (let i = 0; i < 8; i++) inverse(block, 8 * i, 1, 18)
}
