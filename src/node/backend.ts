export { peakMemoryBytes } from './backends/peakMemory.js'
export { startBackend } from './backends/startBackend.js'
export type { BackendName } from './backends/startedBackend.js'
