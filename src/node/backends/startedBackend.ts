/**
 * What computes: `wasm` (WebAssembly with SIMD and threads), `cpu` (plain JavaScript, very slow), `webgpu` (a GPU through
 * the package `webgpu`) or `tensorflow` (tfjs-node-gpu, else tfjs-node).
 */
export type BackendName = 'wasm' | 'cpu' | 'webgpu' | 'tensorflow'

/** Every {@link BackendName}. */
export const backendNames: readonly BackendName[] = ['wasm', 'cpu', 'webgpu', 'tensorflow']

/** A backend that runs. */
export interface StartedBackend {
  /** The name it was asked for by. */
  readonly name: BackendName
  /** Threads that it computes with on this machine; 1 where it uses a GPU. */
  readonly threads: number
  /** One line for people: what runs, on what. */
  readonly description: string
}
