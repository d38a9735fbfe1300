import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { heapFloats, heapIntegers, sizeOf, type WasmBackend } from './backend.js'

/** A change of type in which every number but 0 is true. The stock kernel cuts to whole numbers of eight bits. */
export function cast(stock: KernelFunc | undefined): KernelFunc | undefined {
  return (
    stock &&
    ((args) => {
      const backend = args.backend as WasmBackend
      const x = args.inputs['x'] as TensorInfo
      const isNumber = x.dtype === 'float32' || x.dtype === 'int32'
      if (args.attrs?.['dtype'] !== 'bool' || !isNumber) return stock(args)
      const out = backend.makeOutput([...x.shape], 'bool')
      const from = x.dtype === 'int32' ? heapIntegers(backend, x) : heapFloats(backend, x)
      const { memoryOffset } = backend.dataIdMap.get(out.dataId)
      const to = new Uint8Array(backend.wasm.HEAPU8.buffer, memoryOffset, sizeOf(x))
      for (let i = 0; i < from.length; i++) to[i] = from[i] === 0 ? 0 : 1
      return out
    })
  )
}
