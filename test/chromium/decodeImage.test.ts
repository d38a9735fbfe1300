import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../src/browser/index.js'
import { encodedImages, largestDifference } from '../helpers/encodedImages.js'

describe('decodeImage in Chromium', () => {
  it.each(encodedImages)('$name', async ({ name, bytes, expected, tolerance }) => {
    expect(largestDifference(await decodeImage(bytes, name), expected)).toBeLessThanOrEqual(tolerance)
  })
})
