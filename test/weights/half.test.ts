import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bfloat16ToFloat, floatToBfloat16, floatToHalf, halfToFloat } from '../../src/weights/index.js'

describe('halfToFloat and floatToHalf', () => {
  // IEEE 754-2019, table 3.5 and its extremes.
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x3555, 0.333251953125],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
  ])('0x%s is %s', (bits, value) => {
    expect(halfToFloat(bits)).toBe(value)
    expect(floatToHalf(value)).toBe(bits)
  })

  it('round-trips every bit pattern that is no NaN', () => {
    for (let bits = 0; bits < 65536; bits++) {
      if ((bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0) continue
      expect(floatToHalf(halfToFloat(bits))).toBe(bits)
    }
  })

  it('rounds to the nearest half, ties to even', () => {
    expect(floatToHalf(1 + 2 ** -11)).toBe(0x3c00)
    expect(floatToHalf(1 + 3 * 2 ** -11)).toBe(0x3c02)
    expect(floatToHalf(65519)).toBe(0x7bff)
    expect(floatToHalf(65520)).toBe(0x7c00)
    expect(floatToHalf(2 ** -25)).toBe(0)
    expect(floatToHalf(3 * 2 ** -26)).toBe(1)
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-65504), max: 65504, noNaN: true }), (value) => {
        const bits = floatToHalf(value)
        const distance = (other: number): number => Math.abs(halfToFloat(other & 0xffff) - value)
        const neighbours = [bits - 1, bits + 1].map(distance).filter(Number.isFinite)
        expect(distance(bits)).toBeLessThanOrEqual(Math.min(...neighbours))
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('bfloat16ToFloat and floatToBfloat16', () => {
  it.each([
    [0x3f80, 1],
    [0xc040, -3],
    [0x7f7f, 3.3895313892515355e38],
    [0x0001, 2 ** -133],
    [0x7f80, Infinity],
    [0x7fc0, NaN],
  ])('0x%s is %s', (bits, value) => {
    expect(bfloat16ToFloat(bits)).toBe(value)
    expect(floatToBfloat16(value)).toBe(bits)
  })

  it('round-trips every bit pattern that is no NaN and rounds ties to even', () => {
    for (let bits = 0; bits < 65536; bits++) {
      if ((bits & 0x7f80) === 0x7f80 && (bits & 0x7f) !== 0) continue
      expect(floatToBfloat16(bfloat16ToFloat(bits))).toBe(bits)
    }
    expect(floatToBfloat16(1 + 2 ** -8)).toBe(0x3f80)
    expect(floatToBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82)
    expect(floatToBfloat16(3.4e38)).toBe(0x7f80)
  })
})
