// A picture is made four times smaller, enlarged again by a generator, and compared with what it was.
import { resizeBicubic, syntheticHistology } from 'esrgan-scnn/data'
import { createRRDBGenerator, upscale } from 'esrgan-scnn/esrgan'
import { psnr, ssim } from 'esrgan-scnn/metrics'
import { startBackend } from 'esrgan-scnn/node'

const { description } = await startBackend('wasm')
console.log(description)

const source = syntheticHistology({ patients: 2, imagesPerPatient: 1, width: 128, height: 96 })
const original = await source.read(source.records[0]!)
const small = resizeBicubic(original, { scale: 1 / 4 })

// Untrained, with the skip connection, it is bicubic enlargement; `loadGenerator` reads weights that others have trained.
const generator = createRRDBGenerator({ blocks: 2, features: 16, growth: 8, bicubicSkip: true })
try {
  const large = await upscale(generator, small, { tile: 16, overlap: 4 })
  console.log(`${small.width} x ${small.height} to ${large.width} x ${large.height}`)
  console.log(`PSNR ${psnr(large, original, { channel: 'y', crop: 4 }).toFixed(2)} dB on Y, crop 4`)
  console.log(`SSIM ${ssim(large, original, { channel: 'y', crop: 4 }).toFixed(4)} on Y, crop 4`)
} finally {
  generator.dispose()
}
