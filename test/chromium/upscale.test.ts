import { beforeAll, expect, it } from 'vitest'
import { decodeImage, fromImageData, toImageData } from '../../src/browser/index.js'
import { createRRDBGenerator, upscale, upscaleTiles } from '../../src/esrgan/index.js'
import { toRGB, type PixelImage } from '../../src/image.js'
import { useBackend } from '../helpers/backend.js'
import { encodedImages } from '../helpers/encodedImages.js'

beforeAll(() => useBackend('cpu'))

const small = { blocks: 1, features: 4, growth: 2, bicubicSkip: true } as const

/** A picture of the browser's own: a gradient with a disc, drawn on a canvas. */
function drawn(width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')!
  const gradient = context.createLinearGradient(0, 0, width, height)
  gradient.addColorStop(0, 'rgb(250, 210, 240)')
  gradient.addColorStop(1, 'rgb(90, 20, 120)')
  context.fillStyle = gradient
  context.fillRect(0, 0, width, height)
  context.fillStyle = 'rgb(20, 60, 30)'
  context.arc(width / 2, height / 2, height / 4, 0, 7)
  context.fill()
  return canvas
}

const pixelsOf = (canvas: OffscreenCanvas): ImageData =>
  canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)

it('a file is decoded, and painted tile by tile while the page stays alive', async () => {
  using generator = createRRDBGenerator(small)
  const file = new File([await drawn(45, 30).convertToBlob({ type: 'image/png' })], 'drawn.png')
  const image = await decodeImage(file, file.name)
  expect(toRGB(image)).toEqual(fromImageData(pixelsOf(drawn(45, 30))))

  const canvas = new OffscreenCanvas(180, 120)
  const context = canvas.getContext('2d')!
  let [frames, tiles] = [0, 0]
  let isDone = false
  const count = (): void => {
    frames++
    if (!isDone) requestAnimationFrame(count)
  }
  requestAnimationFrame(count)
  for await (const { left, top, image: part } of upscaleTiles(generator, image, { tile: 16, overlap: 4 })) {
    context.putImageData(toImageData(part), left, top)
    tiles++
  }
  isDone = true
  const whole = await upscale(generator, toRGB(image), { tile: 16, overlap: 4 })
  expect(fromImageData(pixelsOf(canvas))).toEqual(whole)
  expect(tiles).toBe(12)
  expect(frames).toBeGreaterThan(0)
})

it('a canvas goes in and comes out, and an aborted one stops', async () => {
  using generator = createRRDBGenerator(small)
  const image = fromImageData(pixelsOf(drawn(20, 12)))
  expect(image).toMatchObject({ width: 20, height: 12, channels: 3 })
  const data = toImageData(await upscale(generator, image))
  expect(data).toBeInstanceOf(ImageData)
  expect([data.width, data.height]).toEqual([80, 48])
  const controller = new AbortController()
  const stopped = upscale(generator, image, {
    tile: 8,
    overlap: 2,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  await expect(stopped).rejects.toThrow(/abort/i)
})

it('images of every kind become ImageData, and come back', () => {
  const image = (channels: PixelImage['channels'], ...data: number[]): PixelImage => {
    const deep = data.some((value) => value > 255)
    const values = deep ? Uint16Array.from(data) : Uint8Array.from(data)
    return { width: 1, height: 1, channels, data: values, maxValue: deep ? 65535 : 255 }
  }
  const bytes = (picture: PixelImage): number[] => [...toImageData(picture).data]
  expect(bytes(image(1, 7))).toEqual([7, 7, 7, 255])
  expect(bytes(image(2, 7, 0))).toEqual([7, 7, 7, 0])
  expect(bytes(image(3, 1, 2, 3))).toEqual([1, 2, 3, 255])
  expect(bytes(image(4, 1, 2, 3, 4))).toEqual([1, 2, 3, 4])
  // 16 bits are rounded, not truncated: 257 to each of 8.
  expect(bytes(image(3, 65535, 385, 386))).toEqual([255, 1, 2, 255])
  expect(fromImageData(toImageData(image(4, 1, 2, 3, 4)))).toEqual(image(4, 1, 2, 3, 4))
  expect(fromImageData(toImageData(image(3, 1, 2, 3)))).toEqual(image(3, 1, 2, 3))
})

it('16-bit grey with alpha of a file stays 16-bit grey with alpha', async () => {
  using generator = createRRDBGenerator({ ...small, scale: 2 })
  const deep = encodedImages.find(({ expected }) => expected.maxValue === 65535 && expected.channels === 2)!
  const { width, height } = deep.expected
  const large = await upscale(generator, await decodeImage(deep.bytes, deep.name))
  expect(large).toMatchObject({ width: width * 2, height: height * 2, channels: 2, maxValue: 65535 })
})
