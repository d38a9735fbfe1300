import type { TensorInfo } from '@tensorflow/tfjs-core'
import { makeOutputs, placeOf, sizeOf, Temporaries, type WasmBackend } from '../backend.js'
import { requireKernels } from '../native/threaded.js'

/** Elements of a task. */
const chunk = 32_768

/** Sums of x - x, one for every so many elements; see `finiteCheck`. */
export function finiteCheck({
  inputs,
  backend,
}: {
  inputs: Readonly<Record<string, TensorInfo>>
  backend: WasmBackend
}): TensorInfo[] {
  const kernels = requireKernels(backend, 'the check that all is finite')
  const chunks: number[] = []
  for (const tensor of Object.values(inputs)) {
    const [place, size] = [placeOf(backend, tensor), sizeOf(tensor)]
    for (let first = 0; first < size; first += chunk) chunks.push(place + 4 * first, Math.min(chunk, size - first))
  }
  const tasks = chunks.length / 2
  const outs = makeOutputs(backend, [[tasks]])
  const temporaries = new Temporaries(backend)
  try {
    const list = temporaries.workspace(4 * chunks.length)
    new Int32Array(backend.wasm.HEAPU8.buffer, list, chunks.length).set(chunks)
    kernels.run('finiteCheck', { list, y: placeOf(backend, outs[0]!) }, tasks)
    return outs
  } catch (error) {
    for (const { dataId } of outs) backend.disposeData(dataId)
    throw error
  } finally {
    temporaries.free()
  }
}
