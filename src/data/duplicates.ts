import { compareText } from './compareText.js'
import { differingBits, keyBits, keyCount, likeness, type Look } from './perceptual.js'
import type { ImageSignature } from './imageSignature.js'

/** Images that are one picture. */
export interface DuplicateGroup {
  /**
   * `bytes`: the files are identical. `pixels`: the decoded pixels are. `perceptual`: they look the same, for example
   * encoded as JPEG again, resized, recoloured as a whole, mirrored or turned by 90 degrees.
   */
  readonly kind: 'bytes' | 'pixels' | 'perceptual'
  /** Their ids, sorted. */
  readonly images: readonly string[]
  /** Whether some are mirrored or turned against others. */
  readonly turned: boolean
}

/** What {@link findDuplicates} found, and what it took. */
export interface Duplicates {
  /** Every group; one of a stronger kind stands beside a larger one of a weaker kind that holds it. */
  readonly groups: readonly DuplicateGroup[]
  /** Pairs of thumbnails that were compared: grows in proportion to the images. */
  readonly comparisons: number
  /** Blank images (no contrast) and nearly blank ones (a few spots, one fibre or edge): only identical ones are found. */
  readonly blank: number
  /** Images with so many candidates that not all were compared, so that a copy may be missed. */
  readonly crowded: number
}

/** Least correlation of two thumbnails of one picture. Measured by scripts/duplicates.ts: copies 0.98 and more, others 0.28 at most. */
const leastCorrelation = 0.9

/** A copy as near as this to a known image is found through that image. */
const surelyTheSame = 0.995

/** Images of less contrast than this (grey levels of 255) show nothing that could be compared. */
const leastContrast = 1

/**
 * Nor do images whose changes are spread over fewer places than this: single spots, fibres or edges are alike wherever they
 * happen to fall in the same cells. Measured by scripts/duplicates.ts: real images and their copies 160 and more. A spot has 3
 * to 50, eight 50 to 90, an edge 40 to 90.
 */
const leastSpread = 100

/** Most bits of 63 that differ between candidates: copies have at most 5, unrelated images 31.5 on average (deviation 4). */
const mostDifferingBits = 12

/** Most images of one key that are looked at for one image. */
const longestBucket = 256

/** Most thumbnails that one image is compared with. */
const mostComparisons = 64

/** Images by key: hash tables whose linked lists are typed arrays, for a million images need no million small arrays. */
function keyIndex(count: number): {
  candidates(look: Look, visit: (index: number) => void): boolean
  add(look: Look, index: number): void
} {
  // Twice as many slots as images, at most one for every key.
  const bits = Math.min(keyBits, Math.max(1, 33 - Math.clz32(count)))
  const slotOf = (key: number): number => Math.imul(key, 0x9e3779b1) >>> (32 - bits)
  const newest = Array.from({ length: keyCount }, () => new Int32Array(2 ** bits).fill(-1))
  const older = Array.from({ length: keyCount }, () => new Int32Array(count))
  const known = Array.from({ length: keyCount }, () => new Int32Array(count))
  return {
    /** Visits the images that agree in a key but for its uncertain bits; whether there were too many. */
    candidates({ keys, uncertain }, visit) {
      let crowded = false
      for (let k = 0; k < keyCount; k++) {
        const mask = uncertain[k]!
        // Every subset of the uncertain bits, the empty one last.
        for (let flipped = mask; ; flipped = (flipped - 1) & mask) {
          const key = keys[k]! ^ flipped
          let seen = 0
          for (let i = newest[k]![slotOf(key)]!; i >= 0; i = older[k]![i]!) {
            if (++seen > longestBucket) {
              crowded = true
              break
            }
            if (known[k]![i] === key) visit(i)
          }
          if (flipped === 0) break
        }
      }
      return crowded
    },
    add({ keys }, index) {
      for (let k = 0; k < keyCount; k++) {
        const slot = slotOf(keys[k]!)
        known[k]![index] = keys[k]!
        older[k]![index] = newest[k]![slot]!
        newest[k]![slot] = index
      }
    },
  }
}

/** Lists of images by a name they share. */
function groupBy(signatures: readonly ImageSignature[], nameOf: (s: ImageSignature) => string): ImageSignature[][] {
  const groups = new Map<string, ImageSignature[]>()
  for (const signature of signatures) {
    const name = nameOf(signature)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [signature])
    else group.push(signature)
  }
  return [...groups.values()]
}

const idsOf = (signatures: readonly ImageSignature[]): string[] => signatures.map(({ id }) => id).sort()

/** Groups of images that look the same, and how much work it was. `pictures` hold one image of each that is not identical. */
function lookAlikes(pictures: readonly ImageSignature[]): {
  members: Map<number, number[]>
  turned: Set<number>
} & Pick<Duplicates, 'comparisons' | 'blank' | 'crowded'> {
  const parent = Int32Array.from(pictures, (_, i) => i)
  const rootOf = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]!]!
    return i
  }
  const turnedImages: number[] = []
  const index = keyIndex(pictures.length)
  const comparedWith = new Int32Array(pictures.length).fill(-1)
  let comparisons = 0
  let blank = 0
  let crowded = 0
  pictures.forEach(({ look }, i) => {
    if (!(look.contrast >= leastContrast && look.spread >= leastSpread)) {
      blank++
      return
    }
    let best = 0
    let compared = 0
    const isCrowded = index.candidates(look, (j) => {
      // An image met under several keys is compared once.
      if (comparedWith[j] === i) return
      comparedWith[j] = i
      const other = pictures[j]!.look
      if (differingBits(look, other) > mostDifferingBits) return
      if (++compared > mostComparisons) return
      const { correlation, turned } = likeness(look, other)
      if (correlation < leastCorrelation) return
      best = Math.max(best, correlation)
      if (turned) turnedImages.push(i)
      const [a, b] = [rootOf(i), rootOf(j)]
      parent[Math.max(a, b)] = Math.min(a, b)
    })
    if (isCrowded || compared > mostComparisons) crowded++
    comparisons += Math.min(compared, mostComparisons)
    // Copies of one picture by the thousand: the first stands for all, and no bucket fills up with them.
    if (best < surelyTheSame) index.add(look, i)
  })
  const members = new Map<number, number[]>()
  pictures.forEach((_, i) => {
    const root = rootOf(i)
    const group = members.get(root)
    if (group === undefined) members.set(root, [i])
    else group.push(i)
  })
  return { members, turned: new Set(turnedImages.map(rootOf)), comparisons, blank, crowded }
}

/**
 * Finds the images that are one picture: byte-identical, pixel-identical, and those that look the same. In time nearly
 * proportional to the images: never are all pairs compared, however many are blank or copies of one.
 *
 * Looking the same: 32 x 32 grey thumbnails without their lowest frequencies correlate at 0.9 or more in one of the eight
 * orientations. Candidates are images whose signs of 21 cosine coefficients (one of three such sets) agree. Found so are
 * copies encoded again (JPEG and WebP from quality 20), resized (also to a square), made grey, changed in brightness,
 * mirrored, turned by quarters, or cropped by less than half a hundredth at each side; not found are larger crops, other
 * turns, inverted pictures, most with a label painted over them, and copies of nearly blank ones.
 *
 * A pure function of the signatures; their order does not matter.
 */
export function findDuplicates(signatures: readonly ImageSignature[]): Duplicates {
  const sorted = signatures.toSorted((a, b) => compareText(a.id, b.id))
  const groups: DuplicateGroup[] = []
  const hashed = sorted.filter(({ bytes }) => bytes !== undefined)
  for (const files of groupBy(hashed, ({ bytes }) => bytes!)) {
    if (files.length > 1) groups.push({ kind: 'bytes', images: idsOf(files), turned: false })
  }
  const pictures = groupBy(sorted, ({ pixels }) => pixels)
  for (const same of pictures) {
    const files = new Set(same.map(({ bytes, id }) => bytes ?? `of ${id}`))
    if (files.size > 1) groups.push({ kind: 'pixels', images: idsOf(same), turned: false })
  }
  const { members, turned, comparisons, blank, crowded } = lookAlikes(pictures.map(([first]) => first!))
  for (const [root, indices] of members) {
    if (indices.length < 2) continue
    const images = idsOf(indices.flatMap((i) => pictures[i]!))
    groups.push({ kind: 'perceptual', images, turned: turned.has(root) })
  }
  return { groups, comparisons, blank, crowded }
}
