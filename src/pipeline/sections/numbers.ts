import type { Interval } from '../reportTypes.js'

/** What stands where there is no value. */
export const dash = '–'

/** A number with so many decimals, or a dash. */
export const fixed = (value: number | null | undefined, digits: number): string =>
  value === null || value === undefined ? dash : value.toFixed(digits)

/** A share in percent, or a dash. */
export const percent = (share: number | null | undefined, digits = 1): string =>
  share === null || share === undefined ? dash : (share * 100).toFixed(digits)

/** An interval's ends, or a dash. */
export const range = (interval: Interval | null | undefined, digits: number, factor = 1): string =>
  interval === null || interval === undefined
    ? dash
    : `${(interval.low * factor).toFixed(digits)} to ${(interval.high * factor).toFixed(digits)}`

/** An interval of shares in percent, or a dash. */
export const percentRange = (interval: Interval | null | undefined, digits = 1): string => range(interval, digits, 100)

/** A confidence level in words. */
export const levelWords = (interval: Interval | null | undefined): string =>
  `${Number(((interval?.level ?? 0.95) * 100).toFixed(2))} %`

/** A p value: never 0. */
export const pValue = (p: number): string => (p < 0.0001 ? '< 0.0001' : p.toFixed(4))

/** A difference with its sign. */
export const signed = (value: number, digits: number): string => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`
