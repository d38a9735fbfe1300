import type { TensorInfo } from '@tensorflow/tfjs-core'
import { runKernel, Temporaries, type WasmBackend } from './backend.js'
import { convInfo, type ConvGradientAttrs } from './convInfo.js'

/**
 * The filter gradient of a convolution, as a convolution: x as `[C, H, W, B]` with dy as a filter `[OH, OW, B, K]`,
 * dilated by the stride.
 */
export function conv2dBackpropFilter({
  inputs: { x, dy },
  backend,
  attrs,
}: {
  inputs: { x: TensorInfo; dy: TensorInfo }
  backend: WasmBackend
  attrs: ConvGradientAttrs & { filterShape: number[] }
}): TensorInfo {
  const info = convInfo(x.shape, attrs.filterShape, attrs)
  const { filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info
  const { inChannels, outChannels, padInfo } = info
  const temporaries = new Temporaries(backend)
  try {
    const bottom = Math.max(0, (outHeight - 1) * strideHeight + filterHeight - inHeight - padInfo.top)
    const right = Math.max(0, (outWidth - 1) * strideWidth + filterWidth - inWidth - padInfo.left)
    const padded = temporaries.own(
      runKernel(
        backend,
        'PadV2',
        { x },
        {
          paddings: [
            [0, 0],
            [padInfo.top, bottom],
            [padInfo.left, right],
            [0, 0],
          ],
          constantValue: 0,
        },
      ),
    )
    const xT = temporaries.own(runKernel(backend, 'Transpose', { x: padded }, { perm: [3, 1, 2, 0] }))
    const dyT = temporaries.own(runKernel(backend, 'Transpose', { x: dy }, { perm: [1, 2, 0, 3] }))
    const full = temporaries.own(
      runKernel(
        backend,
        'Conv2D',
        { x: xT, filter: dyT },
        { strides: [1, 1], dilations: [strideHeight, strideWidth], pad: 'valid', dataFormat: 'NHWC' },
      ),
    )
    const cut = temporaries.own(
      runKernel(
        backend,
        'Slice',
        { x: full },
        { begin: [0, 0, 0, 0], size: [inChannels, filterHeight, filterWidth, outChannels] },
      ),
    )
    return runKernel(backend, 'Transpose', { x: cut }, { perm: [1, 2, 0, 3] })
  } finally {
    temporaries.free()
  }
}
