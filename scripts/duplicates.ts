// How well findDuplicates tells copies from other pictures of the same tissue, on the images of a folder:
//   node scripts/run.mjs scripts/duplicates.ts BreaKHis_v1
// Every image is copied in each of these ways; for each way all images and all copies are searched together. Found = copies that
// stand in one group with their original; false = groups that hold pictures of two originals. Below: how far copies and others
// lie apart, and what a signature costs.
import sharp, { type Sharp } from 'sharp'
import { createRandom } from '../src/random.js'
import type { PixelImage } from '../src/image.js'
import { findDuplicates, imageSignature, type ImageSignature } from '../src/data/index.js'
import { differingBits, likeness } from '../src/data/perceptual.js'
import { decodeImage, loadBreaKHis } from '../src/node/index.js'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: node scripts/run.mjs scripts/duplicates.ts FOLDER')

const random = createRandom(1, 'duplicates')
const open = ({
  data,
  width,
  height,
  channels,
}: Omit<PixelImage, 'data'> & { data: PixelImage['data'] | Uint8ClampedArray }): Sharp =>
  sharp(data as Uint8Array | Uint8ClampedArray, { raw: { width, height, channels } })
const scaled = (image: PixelImage, scale: number, kernel: 'lanczos3' | 'nearest' = 'lanczos3'): Sharp =>
  open(image).resize(Math.round(image.width * scale), Math.round(image.height * scale), { fit: 'fill', kernel })
const cropped = (image: PixelImage, border: number): Sharp =>
  open(image).extract({
    left: border,
    top: border,
    width: image.width - 2 * border,
    height: image.height - 2 * border,
  })
/** A black box near the lower right corner: a label or a scale bar. */
const painted = (image: PixelImage, width: number, height: number): Sharp =>
  open(image).composite([
    {
      input: { create: { width, height, channels: 3, background: 'black' } },
      left: image.width - width - 8,
      top: image.height - height - 8,
    },
  ])

const ways: Readonly<Record<string, (image: PixelImage) => Sharp>> = {
  'JPEG, quality 90': (image) => open(image).jpeg({ quality: 90 }),
  'JPEG, quality 50': (image) => open(image).jpeg({ quality: 50 }),
  'JPEG, quality 20': (image) => open(image).jpeg({ quality: 20 }),
  'WebP, quality 50': (image) => open(image).webp({ quality: 50 }),
  'half the size': (image) => scaled(image, 0.5).png(),
  'half the size, JPEG 50': (image) => scaled(image, 0.5).jpeg({ quality: 50 }),
  '0.7 of the size, nearest': (image) => scaled(image, 0.7, 'nearest').png(),
  'double size': (image) => scaled(image, 2).png(),
  '224 x 224, JPEG 50': (image) => open(image).resize(224, 224, { fit: 'fill' }).jpeg({ quality: 50 }),
  '64 x 64': (image) => open(image).resize(64, 64, { fit: 'fill' }).png(),
  'grey levels +-1': (image) =>
    open({ ...image, data: Uint8ClampedArray.from(image.data, (v) => v + random.integer(3) - 1) }).png(),
  'grey, JPEG 75': (image) => open(image).greyscale().jpeg({ quality: 75 }),
  'gamma 1.5': (image) => open(image).gamma(1.5).png(),
  'mirrored, JPEG 75': (image) => open(image).flop().jpeg({ quality: 75 }),
  'turned 90, JPEG 75': (image) => open(image).rotate(90).jpeg({ quality: 75 }),
  'turned 270 and mirrored': (image) => open(image).rotate(270).flip().png(),
  '2 pixels cropped around': (image) => cropped(image, 2).png(),
  '4 pixels cropped around': (image) => cropped(image, 4).png(),
  '8 pixels cropped around': (image) => cropped(image, 8).png(),
  'a bar of 100 x 5 painted': (image) => painted(image, 100, 5).png(),
  'a label of 60 x 20': (image) => painted(image, 60, 20).png(),
  'a label of 120 x 40': (image) => painted(image, 120, 40).png(),
  inverted: (image) => open(image).negate().png(),
}

const source = await loadBreaKHis(folder)
const images: PixelImage[] = []
for (const record of source.records) images.push(await source.read(record))
const used = process.cpuUsage()
const originals: ImageSignature[] = []
for (const [i, image] of images.entries()) originals.push(await imageSignature(source.records[i]!.id, image))
const { user, system } = process.cpuUsage(used)

const alone = findDuplicates(originals)
console.log(`${images.length} images: ${alone.groups.length} groups of duplicates among them, ${alone.blank} blank`)
for (const group of alone.groups) console.log(`  ${group.kind}: ${group.images.join(', ')}`)

let leastCopy = 1
let leastSpread = Math.min(...originals.map(({ look }) => look.spread))
console.log('\ncopies                     found  false  least correlation  most bits')
for (const [name, way] of Object.entries(ways)) {
  const copies: ImageSignature[] = []
  for (const [i, image] of images.entries()) {
    const copy = await decodeImage(await way(image).toBuffer(), name)
    copies.push(await imageSignature(`${source.records[i]!.id}~copy`, copy))
  }
  leastSpread = Math.min(leastSpread, ...copies.map(({ look }) => look.spread))
  const { groups, blank } = findDuplicates([...originals, ...copies])
  if (blank > 0) console.log(`${name}: ${blank} images count as blank`)
  const original = (id: string): string => id.replace(/~copy$/, '')
  const weakest = groups.filter(({ kind }) => kind !== 'bytes')
  const found = new Set(
    weakest.flatMap((group) => group.images.filter((id) => id !== original(id) && group.images.includes(original(id)))),
  )
  const mixed = groups.filter((group) => new Set(group.images.map(original)).size > 1)
  const correlations = originals.map((signature, i) => likeness(signature.look, copies[i]!.look).correlation)
  const least = Math.min(...correlations)
  const bits = Math.max(...originals.map((signature, i) => differingBits(signature.look, copies[i]!.look)))
  if (!/cropped|painted|label|inverted/.test(name)) leastCopy = Math.min(leastCopy, least)
  console.log(
    `${name.padEnd(25)} ${String(found.size).padStart(6)} ${String(mixed.length).padStart(6)} ${least.toFixed(4).padStart(18)} ${String(bits).padStart(10)}`,
  )
}

let most = { correlation: -1, ids: '' }
let mostOnSlide = { correlation: -1, ids: '' }
let fewestBits = 64
for (const [i, a] of originals.entries()) {
  for (const [j, b] of originals.slice(0, i).entries()) {
    const pair = { correlation: likeness(a.look, b.look).correlation, ids: `${a.id}, ${b.id}` }
    fewestBits = Math.min(fewestBits, differingBits(a.look, b.look))
    if (pair.correlation > most.correlation) most = pair
    const [one, other] = [source.records[i]!, source.records[j]!]
    if (one.slide === other.slide && pair.correlation > mostOnSlide.correlation) mostOnSlide = pair
  }
}
console.log(`
least correlation of a whole, unpainted copy: ${leastCopy.toFixed(4)}
least spread of an image or a copy:          ${leastSpread.toFixed(1)}
most of two different images:                ${most.correlation.toFixed(4)} (${most.ids})
most of two fields of one slide:             ${mostOnSlide.correlation.toFixed(4)} (${mostOnSlide.ids})
fewest differing bits of different images:   ${fewestBits}
CPU time of a signature:                     ${((user + system) / 1000 / images.length).toFixed(2)} ms`)
