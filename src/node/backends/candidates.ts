import type { StartedBackend } from './startedBackend.js'
import { startCPU } from './cpu.js'
import { startNode, startNodeGPU } from './tensorflow.js'
import { startWasm } from './wasm.js'
import { startWebGPU } from './webgpu.js'

/** A way to compute, as {@link chooseBackend} tries it: `tensorflow` in its two forms, and the others. */
export type CandidateName = 'tfjs-node-gpu' | 'webgpu' | 'tfjs-node' | 'wasm' | 'cpu'

/** A way to compute and how it starts. */
export interface Candidate {
  readonly name: CandidateName
  /** Starts it; `wanted.software` allows an adapter that computes on the CPU. */
  start(wanted: { readonly threads: number | undefined; readonly software: boolean }): Promise<StartedBackend>
}

/** All of them, usually the quickest first. */
export const candidates: readonly Candidate[] = [
  { name: 'tfjs-node-gpu', start: startNodeGPU },
  { name: 'webgpu', start: ({ software }) => startWebGPU(software) },
  { name: 'tfjs-node', start: startNode },
  { name: 'wasm', start: ({ threads }) => startWasm(threads) },
  { name: 'cpu', start: startCPU },
]
