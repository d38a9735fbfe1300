import { availableParallelism, cpus, totalmem } from 'node:os'
import { hasRelaxedSIMD, hasSIMD, whyNoThreads } from './wasmFeatures.js'

/** What a backend finds on this machine. */
export interface Machine {
  /** For example `20.20.2`. */
  readonly node: string
  /** For example `linux x64`. */
  readonly platform: string
  /** The processor's name, where it has one. */
  readonly processor: string
  /** Cores available to the process. */
  readonly cores: number
  /** Bytes of memory of the machine. */
  readonly memoryBytes: number
  /** What this Node's WebAssembly has. */
  readonly wasm: { readonly simd: boolean; readonly relaxedSIMD: boolean; readonly threads: boolean }
}

/** Describes the machine. */
export function describeMachine(): Machine {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? '',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    wasm: { simd: hasSIMD(), relaxedSIMD: hasRelaxedSIMD(), threads: whyNoThreads() === undefined },
  }
}
