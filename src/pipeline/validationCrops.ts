import { crop, type ImageRecord, type ImageSource } from '../data/index.js'
import { toRGB, type PixelImage } from '../image.js'

/** How many held-out images the training curve is measured on. */
const shownImages = 4

/** Side of the square in their middle that is measured, in pixels; a multiple of the scale. */
const side = 96

/** The middle of a few held-out images, for the training curve: enough to see it rise, and cheap. */
export async function validationCrops(
  source: ImageSource,
  chosen: readonly ImageRecord[],
  scale: number,
): Promise<PixelImage[]> {
  const crops: PixelImage[] = []
  for (const record of chosen.slice(0, shownImages)) {
    const image = toRGB(await source.read(record))
    const [width, height] = [image.width, image.height].map((size) => Math.min(side, size - (size % scale))) as [
      number,
      number,
    ]
    const place = { left: Math.floor((image.width - width) / 2), top: Math.floor((image.height - height) / 2) }
    crops.push(crop(image, { ...place, width, height }))
  }
  return crops
}
