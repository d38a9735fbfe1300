import { ArgumentError } from '../errors.js'

/** Horner's rule, lowest coefficient first. */
const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0)

const A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
]
const B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
]
const C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
]
const D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
]
const E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
]
const F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
  1.421511758316446e-7, 2.0442631033899397e-15,
]

/**
 * The standard normal quantile: the z with P(Z <= z) = p, for p in (0, 1); relative error about 1e-16.
 * Source: Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(A, r)) / polynomial(B, r)
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p))
  const z = r <= 5 ? polynomial(C, r - 1.6) / polynomial(D, r - 1.6) : polynomial(E, r - 5) / polynomial(F, r - 5)
  return q < 0 ? -z : z
}

/** The z of a two-sided interval with the given confidence level: 1.96 for 0.95. */
export function criticalValue(level: number): number {
  if (!(level > 0 && level < 1)) throw new ArgumentError('options.level', 'be a number in (0, 1)', level)
  // By the lower tail, which has a number however near 1 the level is.
  return Math.abs(normalQuantile((1 - level) / 2))
}

/**
 * P(Z > z) of a standard normal Z; relative error below 1e-12 for z >= 0. Near 0 by Marsaglia's series (2004, "Evaluating the normal
 * distribution"), in the tail by Laplace's continued fraction.
 */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return NaN
  if (z < 0) return 1 - normalTail(-z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z > 2) {
    let fraction = z
    for (let k = 200; k > 0; k--) fraction = z + k / fraction
    return density / fraction
  }
  let sum = 0
  for (let term = z, k = 1; sum + term !== sum; k += 2) {
    sum += term
    term *= (z * z) / (k + 2)
  }
  return 0.5 - density * sum
}
