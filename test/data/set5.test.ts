import { expect, it } from 'vitest'
import { modCrop, resizeBicubic } from '../../src/data/index.js'
import type { PixelImage } from '../../src/image.js'
import { psnr, ssim } from '../../src/metrics/index.js'
import { readImage } from '../../src/node/images.js'
import { describeShared, sharedData } from '../helpers/shared.js'

/** MATLAB's `rgb2ycbcr` on uint8, first channel. */
function luma({ width, height, data }: PixelImage): PixelImage {
  const y = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.round(16 + (65.481 * data[i * 3]! + 128.553 * data[i * 3 + 1]! + 24.966 * data[i * 3 + 2]!) / 255),
  )
  return { width, height, channels: 1, data: y, maxValue: 255 }
}

describeShared('Set5, x4, bicubic up of bicubic down, crop 4: published 28.42 dB and .8104', () => {
  it.each([
    // Most papers resample the Y channel; resampling RGB and comparing Y differs in the third digit of the SSIM.
    ['resampled in RGB, compared in Y', (image: PixelImage) => image, 'y', 1e-3],
    ['resampled and compared in Y', luma, 'grey', 2e-4],
  ] as const)('%s', async (_, prepare, channel, tolerance) => {
    const names = ['baby', 'bird', 'butterfly', 'head', 'woman']
    let [decibel, similarity] = [0, 0]
    for (const name of names) {
      const truth = prepare(modCrop(await readImage(sharedData(`sr/Set5/${name}.png`)), 4))
      const enlarged = resizeBicubic(resizeBicubic(truth, { scale: 1 / 4 }), { scale: 4 })
      decibel += psnr(truth, enlarged, { channel, crop: 4 }) / names.length
      similarity += ssim(truth, enlarged, { channel, crop: 4 }) / names.length
    }
    expect(Math.abs(decibel - 28.42)).toBeLessThan(0.05)
    expect(Math.abs(similarity - 0.8104)).toBeLessThan(tolerance)
  })
})
