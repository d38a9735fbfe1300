import { alongAxis } from './convolution.js'
import { at, build, type Values } from './values.js'

export interface Window {
  readonly size: readonly [number, number]
  readonly stride: number
  readonly pad: 'same' | 'valid'
}

/** The places of x `[batch, height, width, channels]` in the window of each output, padding left out. */
function windows(
  x: Values,
  { size, stride, pad }: Window,
): { shape: number[]; places: (i: number, j: number) => [number, number][] } {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const down = alongAxis(height, size[0], stride, pad)
  const along = alongAxis(width, size[1], stride, pad)
  return {
    shape: [batch, down.output, along.output, channels],
    places: (i, j) => {
      const places: [number, number][] = []
      for (let r = 0; r < size[0]; r++) {
        for (let c = 0; c < size[1]; c++) {
          const [row, column] = [i * stride + r - down.before, j * stride + c - along.before]
          if (row >= 0 && row < height && column >= 0 && column < width) places.push([row, column])
        }
      }
      return places
    },
  }
}

/** Maxima of windows. */
export function maxPooled(x: Values, window: Window): Values {
  const { shape, places } = windows(x, window)
  return build(shape, (b, i, j, c) => Math.max(...places(i, j).map(([r, k]) => at(x, b, r, k, c))))
}

/** Means of windows; padding does not count. */
export function averagePooled(x: Values, window: Window): Values {
  const { shape, places } = windows(x, window)
  return build(shape, (b, i, j, c) => {
    const inside = places(i, j)
    return inside.reduce((sum, [r, k]) => sum + at(x, b, r, k, c), 0) / inside.length
  })
}

/** dy moved to the first maximum of its window, in row order. */
export function firstMaxima(dy: Values, x: Values, window: Window): Values {
  const { shape, places } = windows(x, window)
  const [, height, width, channels] = x.shape as [number, number, number, number]
  const dx = { shape: x.shape, data: new Float64Array(x.data.length) }
  build(shape, (b, i, j, c) => {
    const all = places(i, j).map(([r, k]) => ({ place: ((b * height + r) * width + k) * channels + c, r, k }))
    const best = Math.max(...all.map(({ place }) => x.data[place]!))
    dx.data[all.find(({ place }) => x.data[place] === best)!.place]! += at(dy, b, i, j, c)
    return 0
  })
  return dx
}
