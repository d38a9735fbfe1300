/** The luminance table of the JPEG standard (ITU-T T.81, table K.1), row by row. */
const luminance = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
]

/** The chrominance table (K.2); every place that is not listed holds 99. */
const chrominance = Array.from({ length: 64 }, (_, i) => {
  const corner = [
    [17, 18, 24, 47],
    [18, 21, 26, 66],
    [24, 26, 56, 99],
    [47, 66, 99, 99],
  ]
  return corner[i >> 3]?.[i & 7] ?? 99
})

/** The quantisation steps of a quality from 1 to 100, by the Independent JPEG Group's scale. */
export function quantisationSteps(quality: number): { luminance: number[]; chrominance: number[] } {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality
  const scaled = (table: readonly number[]): number[] =>
    table.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))))
  return { luminance: scaled(luminance), chrominance: scaled(chrominance) }
}
