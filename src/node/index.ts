/**
 * What needs Node: image files, BreaKHis folders, stores and models on disk, and starting a backend. The rest of the
 * package runs in browsers too.
 *
 * @packageDocumentation
 */
export { chooseBackend, type ChosenBackend, type PassedOver } from './backends/chooseBackend.js'
export type { CandidateName } from './backends/candidates.js'
export { diagnoseBackends, type BackendDiagnosis, type DiagnoseBackendsOptions } from './backends/diagnoseBackends.js'
export { examineBackend, type BackendExamination } from './backends/examineBackend.js'
export type { Machine, WasmFeatures } from './backends/machine.js'
export type { BackendSpeed } from './backends/measureSpeed.js'
export { peakMemoryBytes } from './backends/peakMemory.js'
export type { Advice } from './backends/speedAdvice.js'
export { startBackend, type StartBackendOptions } from './backends/startBackend.js'
export type { BackendName, StartedBackend } from './backends/startedBackend.js'
export type { PackageState } from './backends/versions.js'
export { loadBreaKHis, type BreaKHisOptions, type BreaKHisSource } from './breakhis.js'
export {
  decodeImage,
  encodeImage,
  readImage,
  writeImage,
  type ReadImageOptions,
  type WriteImageOptions,
} from './images.js'
export { loadImageList, type LoadImageListOptions } from './imageList.js'
export { readWeightsFile, type ReadWeightsFileOptions } from './weightsFile.js'
export { fileModel, type FileModelOptions } from './io.js'
export { rasterize } from './rasterize.js'
export { writeReport, type WrittenReport } from './reportFiles.js'
export { folderStore } from './store.js'
export { writePNG, type ImageHeader } from './writePNG.js'
