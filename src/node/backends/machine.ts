import { availableParallelism, cpus, totalmem } from 'node:os'
import { hasRelaxedSIMD, hasSIMD, whyNoThreads } from './wasmFeatures.js'

/** What a WebAssembly engine has beyond its first version. */
export interface WasmFeatures {
  /** 128-bit vectors; tfjs's quick builds need them. */
  readonly simd: boolean
  /** Vectors with fused multiply-add. */
  readonly relaxedSIMD: boolean
  /** Shared memory and atomics. */
  readonly threads: boolean
}

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
  readonly wasm: WasmFeatures
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
