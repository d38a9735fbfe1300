import type { PixelImage } from '../image.js'
import { greyThumbnail, side } from './thumbnail.js'

/** Sign bits in a key. */
export const keyBits = 21

/** Keys of an image. */
export const keyCount = 3

/** Below this frequency along both sides everything is taken for illumination and left out. */
const lowest = 4

/** Even frequencies along one side, of which the keys' signs are taken. */
const evenFrequencies = Array.from({ length: 11 }, (_, k) => 2 * k)

/** Bits of a key that a copy may well have the other way round. */
const uncertainBits = 3

/** How an image looks, without its brightness, contrast and slow changes of illumination. */
export interface Look {
  /** 32 x 32 grey levels, row by row, without the lowest frequencies, over their deviation, times 32. */
  readonly thumbnail: Int8Array
  /** That deviation, in grey levels of 255: next to nothing for a blank image. */
  readonly contrast: number
  /**
   * Over how many of the 31 x 31 places between four cells the changes are spread, as if evenly (the participation ratio of
   * the squared differences): some ten where one spot is all there is to see, hundreds on tissue. 0 for a constant image.
   */
  readonly spread: number
  /** Three keys of 21 sign bits; the same for the eight ways to turn and mirror an image. */
  readonly keys: readonly [number, number, number]
  /** In each key, the three bits that changes of the image turn most easily. */
  readonly uncertain: readonly [number, number, number]
}

/** The orthonormal cosine basis (DCT-II): frequency by position. */
const basis = Array.from({ length: side }, (_, u) =>
  Float64Array.from(
    { length: side },
    (_, x) => Math.sqrt((u === 0 ? 1 : 2) / side) * Math.cos((Math.PI * u * (2 * x + 1)) / (2 * side)),
  ),
)

const product = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < side; i++) sum += a[i]! * b[i]!
  return sum
}

/** The rows' coefficients at one frequency, from top to bottom. */
function alongRows(grey: Float64Array, frequency: number): Float64Array {
  return Float64Array.from({ length: side }, (_, y) =>
    product(grey.subarray(y * side, (y + 1) * side), basis[frequency]!),
  )
}

/** Takes the lowest frequencies away, in place: brightness and illumination say nothing about the tissue. */
function removeLowest(grey: Float64Array): void {
  for (let u = 0; u < lowest; u++) {
    const rows = alongRows(grey, u)
    for (let v = 0; v < lowest; v++) {
      const coefficient = product(rows, basis[v]!)
      for (let y = 0; y < side; y++) {
        const amount = coefficient * basis[v]![y]!
        for (let x = 0; x < side; x++) grey[y * side + x]! -= amount * basis[u]![x]!
      }
    }
  }
}

/**
 * Pairs of even frequencies, low ones first. A mirror image has the same coefficients there, and a turn by 90 degrees
 * exchanges (u, v) and (v, u), whose sum stays.
 */
const pairs = evenFrequencies
  .flatMap((u, i) => evenFrequencies.slice(i).map((v) => [u, v] as const))
  .filter(([, v]) => v >= lowest)
  .sort(([a, b], [c, d]) => a * a + b * b - (c * c + d * d) || a - c)
  .slice(0, keyBits * keyCount)

/** The coefficients whose signs make the keys. */
function invariants(grey: Float64Array): Float64Array {
  const rows = new Map(evenFrequencies.map((u) => [u, alongRows(grey, u)]))
  return Float64Array.from(pairs, ([u, v]) => product(rows.get(u)!, basis[v]!) + product(rows.get(v)!, basis[u]!))
}

/** One key: every third coefficient, so that each key holds low and high frequencies. */
function keyOf(coefficients: Float64Array, index: number): { key: number; uncertain: number } {
  const bits = Array.from({ length: keyBits }, (_, bit) => ({ bit, value: coefficients[bit * keyCount + index]! }))
  const key = bits.reduce((sum, { bit, value }) => (value > 0 ? sum | (1 << bit) : sum), 0)
  const uncertain = bits
    .sort((a, b) => Math.abs(a.value) - Math.abs(b.value) || a.bit - b.bit)
    .slice(0, uncertainBits)
    .reduce((sum, { bit }) => sum | (1 << bit), 0)
  return { key, uncertain }
}

/** See {@link Look}: the same in all eight orientations. */
function spreadOf(cells: Int8Array): number {
  let sum = 0
  let squares = 0
  for (let y = 0; y + 1 < side; y++) {
    for (let x = 0; x + 1 < side; x++) {
      const i = y * side + x
      const [a, b, c, d] = [cells[i]!, cells[i + 1]!, cells[i + side]!, cells[i + side + 1]!]
      const change = (a - b) ** 2 + (c - d) ** 2 + (a - c) ** 2 + (b - d) ** 2
      sum += change
      squares += change * change
    }
  }
  return squares === 0 ? 0 : (sum * sum) / squares
}

/** How the image looks. */
export function lookOf(image: PixelImage): Look {
  const grey = greyThumbnail(image)
  removeLowest(grey)
  const contrast = Math.sqrt(grey.reduce((sum, value) => sum + value * value, 0) / grey.length)
  const coefficients = invariants(grey)
  const [a, b, c] = [keyOf(coefficients, 0), keyOf(coefficients, 1), keyOf(coefficients, 2)]
  const scale = contrast === 0 ? 0 : 32 / contrast
  const thumbnail = Int8Array.from(grey, (value) => Math.max(-127, Math.min(127, Math.round(value * scale))))
  return {
    thumbnail,
    contrast,
    spread: spreadOf(thumbnail),
    keys: [a.key, b.key, c.key],
    uncertain: [a.uncertain, b.uncertain, c.uncertain],
  }
}

/** For each way to turn and mirror a thumbnail, where its cells come from. The first leaves it as it is. */
const orientations = Array.from({ length: 8 }, (_, way) =>
  Int32Array.from({ length: side * side }, (_, i) => {
    const y = Math.floor(i / side)
    const x = i % side
    const column = (way & 1) === 0 ? x : side - 1 - x
    const row = (way & 2) === 0 ? y : side - 1 - y
    return (way & 4) === 0 ? row * side + column : column * side + row
  }),
)

/** How alike two images look. */
export interface Likeness {
  /** Correlation of the thumbnails in the best of the eight orientations, at most 1; 0 where one is blank. */
  readonly correlation: number
  /** Whether that orientation is another than the image's own. */
  readonly turned: boolean
}

/** Sum of the products of two thumbnails, the second read in the given order. */
function inner(a: Int8Array, b: Int8Array, from: Int32Array): number {
  let sum = 0
  for (let i = 0; i < from.length; i++) sum += a[i]! * b[from[i]!]!
  return sum
}

/** Compares two looks in all eight orientations. */
export function likeness({ thumbnail: a }: Look, { thumbnail: b }: Look): Likeness {
  const [same] = orientations as [Int32Array]
  const scale = Math.sqrt(inner(a, a, same) * inner(b, b, same))
  if (scale === 0) return { correlation: 0, turned: false }
  let best = inner(a, b, same)
  let turned = false
  for (let way = 1; way < orientations.length; way++) {
    const sum = inner(a, b, orientations[way]!)
    if (sum > best) {
      best = sum
      turned = true
    }
  }
  return { correlation: best / scale, turned }
}

/** How many bits of the keys differ. */
export function differingBits(a: Look, b: Look): number {
  let count = 0
  for (let i = 0; i < keyCount; i++) {
    for (let rest = a.keys[i]! ^ b.keys[i]!; rest !== 0; rest &= rest - 1) count++
  }
  return count
}
