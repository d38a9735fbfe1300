/**
 * What TensorFlow.js lacks: portable operations with right gradients on every backend, and the kernels that make its
 * wasm backend train. Knows nothing of super-resolution.
 *
 * @packageDocumentation
 */
export { affineTransform, type AffineTransformOptions, type FillMode } from './ops/affineTransform.js'
export { checkpointed } from './ops/checkpointed.js'
export { maxPool2x2 } from './ops/maxPool.js'
export { pixelUnshuffle } from './ops/pixelUnshuffle.js'
export { releaseTape } from './ops/tape.js'
export { softplus } from './ops/softplus.js'
export { upsampleNearest2x } from './ops/upsample.js'
export { backendRepairs, enableWasmTraining } from './wasm/enableWasmTraining.js'
export { OutOfMemoryError, wasmMemory } from './wasm/memory.js'
