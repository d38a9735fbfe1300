const words = new Uint32Array(1)
const floats = new Float32Array(words.buffer)

/**
 * The value of an IEEE 754 binary16 bit pattern (1 sign, 5 exponent, 10 fraction bits): exact, with subnormals,
 * infinities and NaN.
 *
 * @param bits an integer in [0, 65535]; higher bits are ignored
 */
export function halfToFloat(bits: number): number {
  const exponent = (bits >>> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/**
 * The binary16 bit pattern nearest to a number (ties to even); from 65520 on it is Infinity, NaN becomes 0x7e00.
 * The number is first rounded to float32.
 */
export function floatToHalf(value: number): number {
  floats[0] = value
  const word = words[0]!
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) {
    // Normal: rebias the exponent, then drop 13 fraction bits; a carry runs into the exponent, as it should.
    const rebased = magnitude - 0x38000000
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13)
  }
  // Subnormal: a multiple of 2^-24, rounded half to even.
  const scaled = Math.abs(floats[0]) * 2 ** 24
  const below = Math.floor(scaled)
  const rest = scaled - below
  return sign | (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below)
}

/** The value of a bfloat16 bit pattern (the upper half of a float32): exact. */
export function bfloat16ToFloat(bits: number): number {
  words[0] = (bits & 0xffff) << 16
  return floats[0]!
}

/** The bfloat16 bit pattern nearest to a number (ties to even); NaN becomes 0x7fc0. */
export function floatToBfloat16(value: number): number {
  floats[0] = value
  const word = words[0]!
  if ((word & 0x7fffffff) > 0x7f800000) return 0x7fc0
  // The carry of the largest values runs into Infinity, as rounding to nearest asks for.
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff
}
