export { peakMemoryBytes, startBackend } from './backend.js'
export { loadBreaKHis, type BreaKHisOptions, type BreaKHisSource } from './breakhis.js'
export {
  decodeImage,
  encodeImage,
  readImage,
  writeImage,
  type ReadImageOptions,
  type WriteImageOptions,
} from './images.js'
export { fileModel, type FileModelOptions } from './io.js'
export { folderStore } from './store.js'
