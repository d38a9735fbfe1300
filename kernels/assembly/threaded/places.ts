import { DirectJob } from './directJob'

/** Where the taps of an output begin. */
@unmanaged
export class Place {
  /** The first pixel of its image. */
  image: usize
  row: i32
  column: i32
  /** Its pixel of y. */
  pixel: i32
}

/** Bytes of a place. */
export const placeBytes: usize = 16

/** A row outside of every image, whatever is added. */
const nowhere: i32 = -0x40000000

/** Lists the places of the outputs from `first` on; up to a multiple of four there follow some that are nowhere. */
export function listPlaces(job: DirectJob, first: i32, count: i32, to: usize): void {
  const height = job.outHeight
  const width = job.outWidth
  let image = first / (height * width)
  const rest = first - image * height * width
  let i = rest / width
  let j = rest - i * width
  const imageBytes = (<usize>(job.inHeight * job.inWidth * job.xStride)) << 2
  const end = (count + 3) & -4
  for (let n = 0; n < end; n++, to += placeBytes) {
    const place = changetype<Place>(to)
    if (n >= count) {
      place.row = nowhere
      continue
    }
    place.image = job.x + <usize>image * imageBytes
    place.row = i * job.strideHeight - job.top
    place.column = j * job.strideWidth - job.left
    place.pixel = job.firstPixel + image * job.imageStep + i * job.rowStep + j * job.columnStep
    if (++j === width) {
      j = 0
      if (++i === height) {
        i = 0
        image++
      }
    }
  }
}

/** Where a tap of a place lies: the channel's word, or `zeros` outside of the image. */
export function tapOf(job: DirectJob, at: usize, p: i32, q: i32, channel: i32, zeros: usize): usize {
  const place = changetype<Place>(at)
  const row = place.row + p * job.dilationHeight
  const column = place.column + q * job.dilationWidth
  if (<u32>row >= <u32>job.inHeight || <u32>column >= <u32>job.inWidth) return zeros
  return place.image + ((<usize>((row * job.inWidth + column) * job.xStride + channel)) << 2)
}
