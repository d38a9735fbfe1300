import { dispose } from '@tensorflow/tfjs-core'
import { BackendError } from '../../errors.js'
import { tapeState, type TapeState } from '../ops/tape.js'
import { clearErrno } from './errno.js'
import { wasmBackend, type WasmBackend, type WasmModule } from './backend.js'

/** All that a 32-bit heap can hold, in bytes, as Emscripten limits it. */
export const wasmHeapLimit = 4_294_901_760

const guarded = Symbol.for('esrgan-scnn.wasm-malloc')

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`

/**
 * A tensor did not fit into the wasm heap, or training would not: the backend and all other tensors are as they were.
 */
export class OutOfMemoryError extends BackendError {
  override readonly name: string = 'OutOfMemoryError'
  /** The size of what did not fit, in bytes. */
  readonly wantedBytes: number
  /** The size of the heap at that moment, in bytes. It never shrinks, and holds at most 4 GB. */
  readonly heapBytes: number
  constructor(wantedBytes: number, heapBytes: number, problem?: string) {
    super(
      'wasm',
      problem ??
        `no room for a tensor of ${wantedBytes} bytes (${megabytes(wantedBytes)}); the heap has grown to ` +
          `${megabytes(heapBytes)} of at most 4096 MiB. Use a smaller batch, micro-batches or checkpointed blocks`,
    )
    this.wantedBytes = wantedBytes
    this.heapBytes = heapBytes
  }
}

/** The size of the module's heap now, in bytes. */
function heapBytes(module: WasmModule): number {
  return (module.wasmMemory?.buffer ?? module.HEAPU8.buffer).byteLength
}

/** The heap of the running wasm backend in bytes (it never shrinks); undefined where none runs. */
export function wasmMemory():
  | {
      /** Bytes of the heap, used or not. */
      heapBytes: number
    }
  | undefined {
  const backend = wasmBackend()
  return backend && { heapBytes: heapBytes(backend.wasm) }
}

/**
 * Makes the backend's allocations throw {@link OutOfMemoryError} where stock tfjs would write the tensor to address 0
 * and go on with corrupt numbers, and frees what a gradient that ends so has saved. Further calls change nothing.
 */
export function guardAllocation({ wasm }: WasmBackend): void {
  const module: WasmModule & { [guarded]?: boolean } = wasm
  if (module[guarded]) return
  // The first call replaces Emscripten's lazy stub; a wrapper from before it would be overwritten.
  module._free(module._malloc(16))
  const malloc = module._malloc
  // tfjs never disposes what a gradient that throws has saved; gradients are computed without a pause.
  let abandoned: TapeState['activeTape'] = null
  const freeAbandoned = (): void => {
    for (const { saved } of abandoned ?? []) dispose(saved)
    abandoned = null
  }
  module._malloc = (bytes) => {
    const offset = bytes > wasmHeapLimit ? 0 : malloc(bytes)
    // Near 4 GB emmalloc's sizes wrap around, and it returns its last region although that is too small.
    const isBeyond = (offset >>> 0) + bytes > heapBytes(module)
    if (isBeyond) module._free(offset)
    if (!isBeyond && (offset !== 0 || bytes === 0)) return offset
    clearErrno(module)
    const { activeTape } = tapeState()
    if (abandoned !== null && abandoned !== activeTape) {
      freeAbandoned()
      return module._malloc(bytes)
    }
    abandoned = activeTape
    queueMicrotask(freeAbandoned)
    throw new OutOfMemoryError(bytes, heapBytes(module))
  }
  module[guarded] = true
}
