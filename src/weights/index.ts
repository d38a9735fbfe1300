export { bfloat16ToFloat, floatToBfloat16, floatToHalf, halfToFloat } from './half.js'
export { convKernelToHWIO, convKernelToOIHW, denseKernelToIO, denseKernelToOI, type FlattenedImage } from './layouts.js'
export { canonicalGeneratorNames, generatorNameIn, type CanonicalNames, type GeneratorNameScheme } from './names.js'
export {
  readSafetensors,
  toFloat32,
  writeSafetensors,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsTensor,
  type WriteSafetensorsOptions,
} from './safetensors.js'
export type { NamedTensor, NamedTensors } from './tensors.js'
