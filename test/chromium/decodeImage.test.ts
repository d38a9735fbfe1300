import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../src/browser/index.js'
import { encodedImages, largestDifference } from '../helpers/encodedImages.js'

describe('decodeImage in Chromium', () => {
  it.each(encodedImages)('$name', async ({ name, bytes, expected, tolerance }) => {
    const image = await decodeImage(bytes, name)
    expect([image.width, image.height, image.channels, image.maxValue]).toEqual([
      expected.width,
      expected.height,
      expected.channels,
      expected.maxValue,
    ])
    const d = largestDifference(image, expected)
    if (d > 0) console.log(name, d)
    expect(d).toBeLessThanOrEqual(tolerance)
  })
})
