/**
 * What TensorFlow.js lacks: portable operations with right gradients on every backend, and the kernels that make its
 * wasm backend train. Knows nothing of super-resolution.
 *
 * @packageDocumentation
 */
export { enableCPUTraining } from './cpu/enableCPUTraining.js'
export { type AffineMatrix, type FillMode } from './kernels/sampleAffine.js'
export { addScaled } from './ops/addScaled.js'
export { affineTransform, fillModes, type AffineTransformOptions } from './ops/affineTransform.js'
export { finiteCheck } from './ops/finiteCheck.js'
export { adamUpdate, type AdamNumbers, type AdamTensors } from './ops/adamUpdate.js'
export { checkpointed } from './ops/checkpointed.js'
export { convolution, type ConvolutionOptions } from './ops/convolution.js'
export { leakyRelu } from './ops/leakyRelu.js'
export { maxPool2x2 } from './ops/maxPool.js'
export { pixelUnshuffle } from './ops/pixelUnshuffle.js'
export { residualDenseBlock, type ResidualDenseBlockOptions } from './ops/residualDenseBlock.js'
export { releaseTape } from './ops/tape.js'
export { softplus } from './ops/softplus.js'
export { standardise } from './ops/standardise.js'
export { upsampleNearest2x } from './ops/upsample.js'
export { backendRepairs, repairBackend } from './repairBackend.js'
export { type Repair } from './repairs/repair.js'
export { enableWasmTraining, type WasmTrainingOptions } from './wasm/enableWasmTraining.js'
export { OutOfMemoryError, wasmHeapLimit, wasmMemory } from './wasm/memory.js'
export { wasmPrecision, wasmPrecisions, type WasmPrecision } from './wasm/precision.js'
export { wasmFailure } from './wasm/failure.js'
export { restartWasm } from './wasm/restart.js'
export { wasmKernels, type WasmKernels } from './wasm/wasmKernels.js'
