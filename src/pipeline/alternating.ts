import type { ImageRecord } from '../data/index.js'

/** `n` records, benign and malignant in turn while there are both, each class spread evenly over its list. */
export function alternating(records: readonly ImageRecord[], n: number): ImageRecord[] {
  const halves = (['benign', 'malignant'] as const).map((label) => records.filter((record) => record.label === label))
  const wanted = [Math.min(halves[0]!.length, Math.ceil(n / 2)), 0]
  wanted[1] = Math.min(halves[1]!.length, n - wanted[0]!)
  wanted[0] = n - wanted[1]
  const picked = halves.map((half, k) =>
    Array.from({ length: wanted[k]! }, (_, i) => half[Math.floor((i * half.length) / wanted[k]!)]!),
  )
  return Array.from({ length: Math.max(...wanted) }, (_, i) => picked.flatMap((half) => half.slice(i, i + 1))).flat()
}
