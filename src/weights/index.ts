export { bfloat16ToFloat, floatToBfloat16, floatToHalf, halfToFloat } from './half.js'
export { convKernelToHWIO, convKernelToOIHW, denseKernelToIO, denseKernelToOI, type FlattenedImage } from './layouts.js'
export { canonicalGeneratorNames, generatorNameIn, type CanonicalNames, type GeneratorNameScheme } from './names.js'
export { readKerasWeights } from './keras.js'
export { readWeights } from './readWeights.js'
export {
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type Safetensors,
  type WriteSafetensorsOptions,
} from './safetensors.js'
export type { NamedTensor, NamedTensors } from './tensors.js'
export { readTfjsWeights } from './tfjsWeights.js'
export type { SafetensorsDtype, StoredTensor, WeightsFile } from './weightsFile.js'
