import type { StartedBackend } from './startedBackend.js'
import { startCPU } from './cpu.js'
import type { PackageName } from './packages.js'
import { startNode, startNodeGPU } from './tensorflow.js'
import { startWasm } from './wasm.js'
import { startWebGPU } from './webgpu.js'

/** A way to compute, as {@link chooseBackend} tries it: `tensorflow` in its two forms, and the others. */
export type CandidateName = 'tfjs-node-gpu' | 'webgpu' | 'tfjs-node' | 'wasm' | 'cpu'

/** A way to compute: what it needs and how it starts. */
export interface Candidate {
  readonly name: CandidateName
  /** What has to be installed beside tfjs-core and tfjs-layers. */
  readonly packages: readonly PackageName[]
  /** Starts it; `wanted.software` allows an adapter that computes on the CPU. */
  start(wanted: { readonly threads: number | undefined; readonly software: boolean }): Promise<StartedBackend>
}

/** All of them, usually the quickest first. */
export const candidates: readonly Candidate[] = [
  { name: 'tfjs-node-gpu', packages: ['@tensorflow/tfjs-node-gpu'], start: startNodeGPU },
  {
    name: 'webgpu',
    packages: ['webgpu', '@tensorflow/tfjs-backend-webgpu'],
    start: ({ software }) => startWebGPU(software),
  },
  { name: 'tfjs-node', packages: ['@tensorflow/tfjs-node'], start: startNode },
  { name: 'wasm', packages: ['@tensorflow/tfjs-backend-wasm'], start: ({ threads }) => startWasm(threads) },
  { name: 'cpu', packages: ['@tensorflow/tfjs-backend-cpu'], start: startCPU },
]
