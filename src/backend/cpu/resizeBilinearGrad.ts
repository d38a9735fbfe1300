import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'

/** The gradient of bilinear resizing in the images' shape; the stock kernel swaps height and width. */
export function resizeBilinearGrad(stock: KernelFunc | undefined): KernelFunc | undefined {
  return (
    stock &&
    ((args) => {
      const { dataId, dtype } = stock(args) as TensorInfo
      return { dataId, dtype, shape: [...args.inputs['images']!.shape] }
    })
  )
}
