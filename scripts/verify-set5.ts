/**
 * Set5, x4, channel Y, crop 4 (published for bicubic: 28.42 dB / .8104): MATLAB-bicubic LR images, enlarged by bicubic
 * interpolation and by the RealESRGAN_x4plus weights, in one tile on wasm, beside the values of the same weights in
 * PyTorch 1.13. Writes the panel out/set5.png. Exits 1 where a value is off. About a minute on two cores.
 *
 *   npm run verify:set5 [-- FOLDER WEIGHTS]
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { modCrop, resizeBicubic } from '../src/data/index.js'
import { loadGenerator, upscale } from '../src/esrgan/index.js'
import type { PixelImage } from '../src/image.js'
import { psnr, ssim } from '../src/metrics/index.js'
import { readImage, startBackend, writeImage } from '../src/node/index.js'

const [folder = '../shared/data/sr/Set5', weights = '../shared/data/rrdb/RealESRGAN_x4plus.fp16.safetensors'] =
  process.argv.slice(2)
const scale = 4
const options = { channel: 'y', crop: scale } as const
/** PSNR of these weights on the same LR images in PyTorch, dB. */
const expected = { baby: 25.92, bird: 28.86, butterfly: 22.43, head: 29.64, woman: 26.34 } as const
/** The published mean of bicubic interpolation. */
const published = { psnr: 28.42, ssim: 0.8104 }
const tolerance = { psnr: 0.05, ssim: 1e-3 }

/** Pictures of one height beside each other, on white. */
function besideEachOther(images: readonly PixelImage[]): PixelImage {
  const gap = 8
  const height = Math.max(...images.map((image) => image.height))
  const width = images.reduce((sum, image) => sum + image.width + gap, -gap)
  const data = new Uint8Array(width * height * 3).fill(255)
  let left = 0
  for (const image of images) {
    for (let y = 0; y < image.height; y++)
      data.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), (y * width + left) * 3)
    left += image.width + gap
  }
  return { width, height, channels: 3, data, maxValue: 255 }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

console.log((await startBackend('wasm')).description)
using generator = loadGenerator(await readFile(weights), { source: weights })
console.log(`${weights}: ${generator.parameterCount} parameters · Set5, Y channel, crop ${scale}\n`)
console.log('image      bicubic dB / SSIM   generator dB / SSIM   PyTorch dB   seconds')
const rows: { bicubic: [number, number]; generator: number; off: number }[] = []
const panels: PixelImage[] = []
for (const [name, reference] of Object.entries(expected)) {
  const truth = modCrop(await readImage(join(folder, `${name}.png`)), scale)
  const small = resizeBicubic(truth, { scale: 1 / scale })
  const bicubic = resizeBicubic(small, { scale })
  const begun = Date.now()
  const large = await upscale(generator, small, { tile: Math.max(small.width, small.height) })
  const seconds = (Date.now() - begun) / 1000
  const [a, b] = [bicubic, large].map((image) => [psnr(truth, image, options), ssim(truth, image, options)] as const)
  const [bicubicPSNR, bicubicSSIM] = a!
  const [generatorPSNR, generatorSSIM] = b!
  rows.push({
    bicubic: [bicubicPSNR, bicubicSSIM],
    generator: generatorPSNR,
    off: Math.abs(generatorPSNR - reference),
  })
  const cells = (decibel: number, similarity: number): string => `${decibel.toFixed(2)} / ${similarity.toFixed(4)}`
  console.log(
    `${name.padEnd(9)}  ${cells(bicubicPSNR, bicubicSSIM).padEnd(18)}  ${cells(generatorPSNR, generatorSSIM).padEnd(20)}  ${String(reference).padEnd(11)}  ${seconds.toFixed(1)}`,
  )
  if (name === 'butterfly') panels.push(bicubic, large, truth)
}
const bicubicMean = { psnr: mean(rows.map((row) => row.bicubic[0])), ssim: mean(rows.map((row) => row.bicubic[1])) }
console.log(
  `mean       ${bicubicMean.psnr.toFixed(2)} / ${bicubicMean.ssim.toFixed(4)}      ${mean(rows.map((row) => row.generator)).toFixed(2)}`,
)
await mkdir('out', { recursive: true })
await writeImage('out/set5.png', besideEachOther(panels))
console.log('\nout/set5.png: bicubic, generator, truth')

const checks: [string, boolean][] = [
  [
    `bicubic: the published ${published.psnr} dB / ${published.ssim} (+- ${tolerance.psnr} dB, ${tolerance.ssim})`,
    Math.abs(bicubicMean.psnr - published.psnr) <= tolerance.psnr &&
      Math.abs(bicubicMean.ssim - published.ssim) <= tolerance.ssim,
  ],
  [`every image within ${tolerance.psnr} dB of PyTorch`, rows.every(({ off }) => off <= tolerance.psnr)],
]
for (const [name, passed] of checks) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
process.exit(checks.every(([, passed]) => passed) ? 0 : 1)
