import type { PixelImage } from '../image.js'
import { breathe } from '../training/index.js'

/** Pixels that are looked at, some twenty milliseconds long, before the page may go on. */
const pixelsAtOnce = 2 ** 16

/**
 * The image with the colours under wholly transparent pixels replaced by those of the nearest visible ones: ring by ring from
 * the visible ones outwards, each pixel gets the mean of its neighbours (of eight) that have a colour. What a file holds there,
 * mostly black, would bleed into the border of what is visible: a dark halo. The image itself without alpha, where all is
 * visible, and where nothing is. A page stays alive meanwhile; an abort is the signal's reason.
 */
export async function fillHiddenColours(image: PixelImage, signal?: AbortSignal): Promise<PixelImage> {
  const { width, height, channels, data, maxValue } = image
  if (channels === 1 || channels === 3) return image
  const colours = channels - 1
  const known = new Uint8Array(width * height)
  let hidden = 0
  for (let i = 0; i < known.length; i++) {
    if (data[i * channels + colours] === 0) hidden++
    else known[i] = 1
  }
  if (hidden === 0 || hidden === known.length) return image

  const filled = data.slice()
  const neighbours = (i: number): number[] => {
    const [x, y] = [i % width, Math.floor(i / width)]
    const found: number[] = []
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++)
        if (u !== x || v !== y) found.push(v * width + u)
    }
    return found
  }
  let ring: number[] = []
  for (let i = 0; i < known.length; i++) {
    if (i % pixelsAtOnce === 0) await breathe(signal)
    if (known[i] === 0 && neighbours(i).some((n) => known[n] === 1)) ring.push(i)
  }
  let filledNow = 0
  while (ring.length > 0) {
    filledNow += ring.length
    if (filledNow > pixelsAtOnce) {
      filledNow = 0
      await breathe(signal)
    }
    for (const i of ring) {
      const from = neighbours(i).filter((n) => known[n] === 1)
      for (let c = 0; c < colours; c++) {
        let sum = 0
        for (const n of from) sum += filled[n * channels + c]!
        filled[i * channels + c] = Math.round(sum / from.length)
      }
    }
    // Only now: within a ring no pixel counts on another.
    for (const i of ring) known[i] = 1
    const next = new Set<number>()
    for (const i of ring) for (const n of neighbours(i)) if (known[n] === 0) next.add(n)
    ring = [...next]
  }
  return { width, height, channels, data: filled, maxValue }
}
