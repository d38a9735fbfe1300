import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/errors.js'
import type { PixelImage } from '../../src/image.js'
import { psnr, ssim } from '../../src/metrics/index.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { expectClose } from '../helpers/tensors.js'
import reference from '../reference/metrics_reference.json'

const image = (width: number, height: number, channels: 1 | 2 | 3 | 4, value: (i: number) => number): PixelImage => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)),
  maxValue: 255,
})

describeShared('the camera pair', () => {
  const grey = async (name: string): Promise<PixelImage> => {
    const { data, info } = await sharp(sharedData(`reference/psnr-ssim/${name}`))
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(info.channels).toBe(1)
    return { width: info.width, height: info.height, channels: 1, data, maxValue: 255 }
  }

  it('has the published PSNR and SSIM', async () => {
    const [a, b] = await Promise.all([grey('camera.png'), grey('camera_noisy.png')])
    expect(Math.abs(psnr(a, b, { channel: 'grey', crop: 0 }) - 22.40935285)).toBeLessThan(1e-6)
    expect(Math.abs(ssim(a, b, { channel: 'grey', crop: 0 }) - 0.35796424)).toBeLessThan(1e-6)
  })
})

describe('psnr and ssim', () => {
  it.each(reference.pictures)('equal scikit-image on $width x $height pixels, crop $crop', (picture) => {
    const { width, height, crop } = picture
    const [a, b] = [image(width, height, 3, (i) => picture.a[i]!), image(width, height, 3, (i) => picture.b[i]!)]
    for (const channel of ['rgb', 'y'] as const) {
      const options = { channel, crop }
      expectClose([psnr(a, b, options), ssim(a, b, options)], [picture[channel].psnr, picture[channel].ssim], 1e-10)
    }
  })

  it('call equal images equal', () => {
    const a = image(16, 16, 3, (i) => (i * 37) % 256)
    expect(psnr(a, a, { channel: 'rgb', crop: 2 })).toBe(Infinity)
    expectClose([ssim(a, a, { channel: 'y', crop: 2 })], [1], 1e-12)
  })

  it('take luma of white as 235, unrounded', () => {
    const white = image(12, 12, 3, () => 255)
    const black = image(12, 12, 3, () => 0)
    expectClose([psnr(white, black, { channel: 'y', crop: 0 })], [20 * Math.log10(255 / 219)], 1e-12)
    expectClose([psnr(white, black, { channel: 'rgb', crop: 0 })], [0], 1e-12)
  })

  it('leave out alpha and see grey as three equal colours', () => {
    const a = image(12, 12, 1, (i) => (i * 7) % 256)
    const b = image(12, 12, 1, (i) => (i * 11) % 256)
    const alpha = (g: PixelImage): PixelImage => image(12, 12, 2, (i) => (i % 2 === 0 ? g.data[i / 2]! : i % 251))
    const options = { channel: 'grey', crop: 0 } as const
    expect(psnr(alpha(a), alpha(b), options)).toBe(psnr(a, b, options))
    expectClose([psnr(a, b, { channel: 'rgb', crop: 0 })], [psnr(a, b, options)], 1e-12)
    expectClose([ssim(a, b, { channel: 'rgb', crop: 0 })], [ssim(a, b, options)], 1e-12)
  })

  it('scale 16-bit images to the same range', () => {
    const deep = (source: PixelImage): PixelImage => ({
      ...source,
      data: Uint16Array.from(source.data, (v) => v * 257),
      maxValue: 65535,
    })
    const a = image(13, 12, 3, (i) => (i * 7) % 256)
    const b = image(13, 12, 3, (i) => (i * 11) % 256)
    for (const channel of ['rgb', 'y'] as const) {
      const options = { channel, crop: 0 }
      expectClose([psnr(deep(a), deep(b), options)], [psnr(a, b, options)], 1e-10)
      expectClose([ssim(deep(a), deep(b), options)], [ssim(a, b, options)], 1e-10)
    }
  })

  it('compare only what the crop leaves', () => {
    const a = image(20, 20, 1, (i) => i % 200)
    const b: PixelImage = { ...a, data: Uint8Array.from(a.data, (v, i) => (i < 20 ? 255 : v)) }
    expect(psnr(a, b, { channel: 'grey', crop: 0 })).toBeLessThan(30)
    expect(psnr(a, b, { channel: 'grey', crop: 1 })).toBe(Infinity)
  })

  it('finish an 896 x 896 colour pair in reasonable time', () => {
    const a = image(896, 896, 3, (i) => (i * 31) % 256)
    const b = image(896, 896, 3, (i) => (i * 17) % 256)
    const start = performance.now()
    ssim(a, b, { channel: 'rgb', crop: 4 })
    // About 0.4 s; the bound only catches a non-separable window.
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('refuse pairs and options that cannot be compared', () => {
    const a = image(12, 12, 3, () => 0)
    const refused = (run: () => number, message: string): void => {
      expect(run).toThrow(ArgumentError)
      expect(run).toThrow(message)
    }
    for (const metric of [psnr, ssim]) {
      refused(
        () =>
          metric(
            a,
            image(12, 13, 3, () => 0),
            { channel: 'y', crop: 0 },
          ),
        'b must be as large as a (12x12); received "12x13"',
      )
      refused(
        () => metric(a, a, { channel: 'grey', crop: 0 }),
        'a must be a grey image for channel "grey"; received "3 channels"',
      )
      refused(
        () => metric(a, a, { channel: 'cb' as 'y', crop: 0 }),
        'options.channel must be "y", "rgb" or "grey"; received "cb"',
      )
      refused(() => metric(a, a, { channel: 'y', crop: 1.5 }), 'options.crop must be an integer >= 0; received 1.5')
      refused(
        () => metric(a, a, { channel: 'y', crop: 6 }),
        `options.crop must leave at least ${metric === psnr ? '1x1' : '11x11'} pixels of the 12x12 images; received 6`,
      )
    }
    refused(() => ssim(a, a, { channel: 'y', crop: 1 }), 'options.crop must leave at least 11x11 pixels')
  })
})
