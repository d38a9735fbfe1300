import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as tf from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { afterEach, describe, expect, it } from 'vitest'
import { repairBackend } from '../../src/backend/index.js'
import { BackendFailedError } from '../../src/errors.js'
import { createRRDBGenerator, trainESRGAN, type ESRGANTrainerState } from '../../src/esrgan/index.js'

const name = 'cpu-with-device'
tf.copyRegisteredKernels('cpu', name)

type Parts = Record<string, unknown>
type Read = (read: () => Promise<unknown>) => Promise<unknown>

/** Makes a cpu backend with a graphics backend's parts the active one. */
async function start(parts: Parts, { read, readSync }: { read?: Read; readSync?: () => unknown } = {}): Promise<void> {
  tf.registerBackend(name, () => {
    const backend = Object.assign(new MathBackendCPU(), parts) as unknown as {
      read(id: object): Promise<unknown>
      readSync(id: object): unknown
    }
    const original = backend.read.bind(backend)
    if (read) backend.read = (id) => read(() => original(id))
    if (readSync) backend.readSync = readSync
    return backend as unknown as tf.KernelBackend
  })
  await tf.setBackend(name)
  repairBackend()
}

/** A device that is lost when told. */
function createDevice(): { device: { lost: Promise<unknown> }; lose(): void } {
  let lose!: () => void
  const lost = new Promise((resolve) => {
    lose = () => resolve({ reason: 'unknown', message: 'the driver was reset' })
  })
  return { device: { lost }, lose }
}

/** How a backend may answer once its device is lost. */
const answers: Record<string, Read> = {
  'never answers': () => new Promise(() => undefined),
  'rejects without a message': () => Promise.reject(new DOMException('', 'AbortError')),
}

afterEach(() => {
  tf.removeBackend(name)
})

describe('a device that is lost in the middle of training', () => {
  for (const [how, answer] of Object.entries(answers)) {
    it(`ends in BackendFailedError where the backend ${how}, and no state is saved from then on`, async () => {
      const { device, lose } = createDevice()
      let isLost = false
      await start({ device }, { read: (read) => (isLost ? answer(read) : read()) })
      const generator = createRRDBGenerator({ blocks: 1, features: 2, growth: 2 })
      const saved: ESRGANTrainerState[] = []
      const training = trainESRGAN({
        generator,
        psnrSteps: 5,
        ganSteps: 0,
        saveEvery: 1,
        batch: () => ({ lr: tf.ones([1, 4, 4, 3]), hr: tf.ones([1, 16, 16, 3]) }),
        onSave: (state) => void saved.push(state),
        onProgress: ({ step }) => {
          if (step !== 2) return
          isLost = true
          // A device tells of its loss a little after it has failed.
          setTimeout(lose, 20)
        },
      })
      const error = await training.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(BackendFailedError)
      expect((error as BackendFailedError).backend).toBe(name)
      expect((error as Error).message).toMatch(/its device was lost \(unknown: the driver was reset\).*resume/s)
      expect(saved.map(({ meta }) => meta.psnrSteps)).toEqual([1])
      generator.dispose()
    })
  }

  it('makes every later reading throw, also of tensors made afterwards', async () => {
    const { device, lose } = createDevice()
    await start({ device })
    const before = tf.tensor1d([1, 2])
    lose()
    await Promise.resolve()
    const after = tf.square(before)
    await expect(before.data()).rejects.toThrow(BackendFailedError)
    await expect(after.data()).rejects.toThrow(BackendFailedError)
    expect(() => after.dataSync()).toThrow(BackendFailedError)
    tf.dispose([before, after])
  })

  it('keeps nothing of what was read', async () => {
    const { device } = createDevice()
    const seen: WeakRef<object>[] = []
    const noted: Read = async (read) => {
      const values = (await read()) as object
      seen.push(new WeakRef(values))
      return values
    }
    await start({ device }, { read: noted })
    for (let i = 0; i < 4; i++) {
      const x = tf.fill([1000], i)
      await x.data()
      x.dispose()
    }
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    await new Promise((resolve) => setTimeout(resolve, 0))
    collectGarbage()
    // The last one may still stand in a register.
    expect(seen.slice(0, -1).map((each) => each.deref() === undefined)).toEqual([true, true, true])
  })

  it('leaves other errors of a healthy device as they are', async () => {
    const { device } = createDevice()
    await start({ device }, { read: () => Promise.reject(new Error('no such tensor')) })
    const x = tf.tensor1d([1])
    await expect(x.data()).rejects.toThrow('no such tensor')
    x.dispose()
  })
})

describe('a WebGL context that is lost', () => {
  it('throws where tfjs would read zeros', async () => {
    let isLost = false
    await start({ gpgpu: { gl: { isContextLost: () => isLost } } })
    const x = tf.tensor1d([1])
    expect(await x.data()).toEqual(new Float32Array([1]))
    isLost = true
    await expect(x.data()).rejects.toThrow(/WebGL context was lost/)
    expect(() => x.dataSync()).toThrow(BackendFailedError)
    x.dispose()
  })

  it('ends a wait that has no end', async () => {
    let tell: (() => void) | undefined
    const canvas = { addEventListener: (_: string, listener: () => void) => void (tell = listener) }
    await start({ gpgpu: { gl: { isContextLost: () => false, canvas } } }, { read: () => new Promise(() => undefined) })
    const x = tf.tensor1d([1])
    const reading = x.data()
    tell!()
    await expect(reading).rejects.toThrow(BackendFailedError)
    x.dispose()
  })
})
