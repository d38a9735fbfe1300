import { describe, expect, it } from 'vitest'
import { convKernelToHWIO, convKernelToOIHW, denseKernelToIO, denseKernelToOI } from '../../src/weights/index.js'

const counting = (shape: number[]): { shape: number[]; data: Float32Array } => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
})

describe('convKernelToHWIO', () => {
  it('puts [o, i, h, w] at [h, w, i, o]', () => {
    const [O, I, H, W] = [2, 3, 4, 5]
    const { shape, data } = convKernelToHWIO(counting([O, I, H, W]))
    expect(shape).toEqual([H, W, I, O])
    for (let o = 0; o < O; o++)
      for (let i = 0; i < I; i++)
        for (let h = 0; h < H; h++)
          for (let w = 0; w < W; w++) expect(data[((h * W + w) * I + i) * O + o]).toBe(((o * I + i) * H + h) * W + w)
  })

  it('is undone by convKernelToOIHW', () => {
    const kernel = counting([2, 3, 4, 5])
    expect(convKernelToOIHW(convKernelToHWIO(kernel))).toEqual(kernel)
  })

  it('refuses another rank', () => {
    expect(() => convKernelToHWIO(counting([2, 3]))).toThrow(/4 dimensions/)
  })
})

describe('denseKernelToIO', () => {
  it('transposes', () => {
    expect(denseKernelToIO(counting([2, 3]))).toEqual({ shape: [3, 2], data: new Float32Array([0, 3, 1, 4, 2, 5]) })
  })

  it('reorders a flattened image from (channel, row, column) to (row, column, channel)', () => {
    const image = { height: 2, width: 3, channels: 4 }
    const kernel = counting([5, 24])
    const { shape, data } = denseKernelToIO(kernel, image)
    expect(shape).toEqual([24, 5])
    for (let o = 0; o < 5; o++)
      for (let c = 0; c < 4; c++)
        for (let y = 0; y < 2; y++)
          for (let x = 0; x < 3; x++) expect(data[((y * 3 + x) * 4 + c) * 5 + o]).toBe(o * 24 + (c * 2 + y) * 3 + x)
    expect(denseKernelToOI({ shape, data }, image)).toEqual(kernel)
    expect(denseKernelToOI(denseKernelToIO(kernel))).toEqual(kernel)
  })

  it('refuses an image of another size', () => {
    expect(() => denseKernelToIO(counting([5, 24]), { height: 2, width: 2, channels: 4 })).toThrow(/24 elements/)
  })
})
