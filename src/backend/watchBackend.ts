import { engine, getBackend } from '@tensorflow/tfjs-core'
import { BackendFailedError } from '../errors.js'

/** What a WebGPU backend of tfjs has: a device that says when it is lost. */
interface GPUDeviceLike {
  readonly lost: Promise<{ readonly reason?: string; readonly message?: string }>
}

/** What a WebGL backend of tfjs has. */
interface WebGLContextLike {
  isContextLost(): boolean
  readonly canvas?: { addEventListener?(type: string, listener: () => void): void }
}

/** A backend of tfjs, as far as it is used here. */
interface Instance {
  read(dataId: object): Promise<unknown>
  readSync(dataId: object): unknown
  readonly device?: GPUDeviceLike
  readonly gpgpu?: { readonly gl?: WebGLContextLike }
}

/** What is known of a backend instance. */
interface Watch {
  failure: BackendFailedError | undefined
  /** Rejects when the device is lost. */
  readonly lost: Promise<never>
}

const watches = new WeakMap<object, Watch>()

/** How long a failed readback waits for the device to say that it is lost, in milliseconds. */
const grace = 100

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/**
 * Watches the active backend's device, where it has one (WebGPU's device, WebGL's context): from the moment it is lost,
 * every readback of a tensor, also one under way, throws {@link BackendFailedError}. tfjs itself goes on with zeros, an
 * error without a message, or without end. The trainers and the pipeline call it; further calls change nothing.
 */
export function watchBackend(): void {
  const name = getBackend()
  const instance = engine().backend as unknown as Instance
  const gl = instance.gpgpu?.gl
  const device = instance.device
  if (watches.has(instance) || (device?.lost === undefined && gl?.isContextLost === undefined)) return

  let reject: (failure: BackendFailedError) => void
  const watch: Watch = {
    failure: undefined,
    lost: new Promise<never>((_, no) => {
      reject = no
    }),
  }
  watch.lost.catch(() => undefined)
  watches.set(instance, watch)
  const fail = (what: string): void => {
    if (watch.failure !== undefined) return
    watch.failure = new BackendFailedError(
      name,
      `${what} and what its tensors held is gone: the backend cannot be used any more. ` +
        'Go on in a new process from the state that was saved last (`resume`)',
    )
    reject(watch.failure)
  }
  const awaitLoss = async ({ lost }: GPUDeviceLike): Promise<void> => {
    const { reason, message } = await lost
    const why = [reason, message].filter((text) => text !== undefined && text !== '').join(': ')
    fail(`its device was lost${why === '' ? '' : ` (${why})`},`)
  }
  if (device?.lost !== undefined) void awaitLoss(device)
  gl?.canvas?.addEventListener?.('webglcontextlost', () => fail('its WebGL context was lost,'))

  /** Throws where the backend has failed; a lost context is looked for, its event may come later. */
  const check = (): void => {
    if (gl?.isContextLost() === true) fail('its WebGL context was lost,')
    if (watch.failure !== undefined) throw watch.failure
  }
  const { read, readSync } = instance
  instance.read = async (dataId) => {
    check()
    try {
      const values = await Promise.race([read.call(instance, dataId), watch.lost])
      check()
      return values
    } catch (error) {
      if (!(error instanceof BackendFailedError)) await Promise.race([watch.lost, pause(grace)])
      throw error
    }
  }
  instance.readSync = (dataId) => {
    check()
    const values = readSync.call(instance, dataId)
    check()
    return values
  }
}
