/** -1, 0 or 1 by code units: the same order on every platform, unlike a locale's. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
