/**
 * For `JSON.stringify`: NaN and the infinities, which JSON has no numbers for and would turn into null, as the texts "NaN", "Infinity"
 * and "-Infinity". A PSNR is infinite where an image comes out exactly.
 */
export const spelledNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
