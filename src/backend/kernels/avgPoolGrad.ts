import type { backend_util } from '@tensorflow/tfjs-core'

/** The attributes of tfjs's 2D pooling gradients. */
export interface PoolAttrs {
  filterSize: [number, number] | number
  strides: [number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** The part of a window that lies inside the image. */
function inside(start: number, size: number, end: number): [number, number] {
  return [Math.max(0, start), Math.min(end, start + size)]
}

/**
 * Adds the gradient of average pooling to `dx`, which holds zeros: every dy in equal parts to the pixels of its window
 * that lie inside the image, for the mean is taken over those. Stock tfjs divides by the size of the whole window, wrong
 * at the edges with `same`.
 */
export function avgPoolGrad(
  dy: ArrayLike<number>,
  dx: { [index: number]: number },
  info: backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels: channels, outHeight, outWidth, padInfo } = info
  let at = 0
  for (let b = 0; b < batchSize; b++) {
    for (let i = 0; i < outHeight; i++) {
      const [top, bottom] = inside(i * info.strideHeight - padInfo.top, info.filterHeight, inHeight)
      for (let j = 0; j < outWidth; j++, at += channels) {
        const [left, right] = inside(j * info.strideWidth - padInfo.left, info.filterWidth, inWidth)
        const part = 1 / ((bottom - top) * (right - left))
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            const to = ((b * inHeight + row) * inWidth + column) * channels
            for (let c = 0; c < channels; c++) dx[to + c] = dx[to + c]! + dy[at + c]! * part
          }
        }
      }
    }
  }
}
