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

/** Backend instances that are watched already. */
const watched = new WeakSet<object>()

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
  if (watched.has(instance) || (device?.lost === undefined && gl?.isContextLost === undefined)) return
  watched.add(instance)

  let failure: BackendFailedError | undefined
  /** What ends the readbacks under way. */
  const waiting = new Set<(failure: BackendFailedError) => void>()
  const fail = (what: string): void => {
    if (failure !== undefined) return
    failure = new BackendFailedError(
      name,
      `${what} and what its tensors held is gone: the backend cannot be used any more. ` +
        'Go on in a new process from the state that was saved last (`resume`)',
    )
    for (const reject of waiting) reject(failure)
    waiting.clear()
  }
  /** The promise, unless the device is lost first. Promise.race with one promise for all would keep every result for ever. */
  const unlessLost = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (failure === undefined) waiting.add(reject)
      else reject(failure)
      void promise.then(resolve, reject).finally(() => waiting.delete(reject))
    })
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
    if (failure !== undefined) throw failure
  }
  const { read, readSync } = instance
  instance.read = async (dataId) => {
    check()
    try {
      const values = await unlessLost(read.call(instance, dataId))
      check()
      return values
    } catch (error) {
      if (!(error instanceof BackendFailedError)) await unlessLost(pause(grace))
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
