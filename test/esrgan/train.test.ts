import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  createDiscriminator,
  createRRDBGenerator,
  trainESRGAN,
  type ESRGANTrainerState,
  type TrainESRGANOptions,
} from '../../src/esrgan/index.js'
import { getWeights, type OnProgress } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { trainingBatch as batch } from './batches.js'

const generatorOptions = { blocks: 1, features: 4, growth: 2, seed: 1 } as const
type Rest = Omit<TrainESRGANOptions, 'generator' | 'batch' | 'discriminator'>

async function run(options: Rest): Promise<{ weights: unknown; result: unknown }> {
  using generator = createRRDBGenerator(generatorOptions)
  using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
  const result = await trainESRGAN({ generator, discriminator, batch, ...options })
  const weights = [...(await getWeights(generator.variables)), ...(await getWeights(discriminator.variables))]
  return { weights, result }
}

beforeAll(() => useBackend('wasm'))

describe('trainESRGAN', () => {
  it('runs both stages, with their own steps and rates, and reports every step', async () => {
    const onProgress = vi.fn<OnProgress>()
    const rates: string[] = []
    const noted = (stage: string) => (step: number) => {
      rates.push(`${stage} ${step}`)
      return 1e-3
    }
    const asked: string[] = []
    using generator = createRRDBGenerator(generatorOptions)
    const result = await trainESRGAN({
      generator,
      batch: (step, stage) => {
        asked.push(`${stage} ${step}`)
        return batch(step, stage)
      },
      psnrSteps: 2,
      ganSteps: 2,
      psnrRate: noted('psnr'),
      ganRate: noted('gan'),
      ema: 0.9,
      onProgress,
    })
    expect(rates).toEqual(['psnr 0', 'psnr 1', 'gan 0', 'gan 1'])
    // The first one tells the size of the discriminator that is made here.
    expect(asked).toEqual(['gan 0', ...rates])
    expect(onProgress.mock.calls.map(([{ stage, step, steps }]) => [stage, step, steps])).toEqual([
      ['psnr', 1, 2],
      ['psnr', 2, 2],
      ['gan', 1, 2],
      ['gan', 2, 2],
    ])
    expect(result).toMatchObject({ psnrSteps: 2, ganSteps: 2 })
    expect(Object.keys(result.last)).toContain('discriminator/total')
    expect(result.ema!.size).toBe(generator.trainable.size)
  })

  it('is the same in two calls, one for each stage', async () => {
    using generator = createRRDBGenerator(generatorOptions)
    using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
    const shared = { generator, discriminator, batch }
    await trainESRGAN({ ...shared, psnrSteps: 2, ganSteps: 0 })
    await trainESRGAN({ ...shared, psnrSteps: 0, ganSteps: 2 })
    const weights = [...(await getWeights(generator.variables)), ...(await getWeights(discriminator.variables))]
    expect(weights).toEqual((await run({ psnrSteps: 2, ganSteps: 2 })).weights)
  })

  it.each(['psnr', 'gan'] as const)(
    'stopped in the %s stage saves a state from which a new run ends the same',
    async (stage) => {
      const whole = await run({ psnrSteps: 2, ganSteps: 2 })
      const controller = new AbortController()
      let state: ESRGANTrainerState | undefined
      const stopped = run({
        psnrSteps: 2,
        ganSteps: 2,
        signal: controller.signal,
        onSave: (saved) => {
          state = saved
        },
        onProgress: (event) => event.stage === stage && event.step === 1 && controller.abort(new Error('stop')),
      })
      await expect(stopped).rejects.toThrow('stop')
      expect(state!.meta).toMatchObject({
        stage,
        psnrSteps: stage === 'psnr' ? 1 : 2,
        ganSteps: stage === 'psnr' ? 0 : 1,
      })
      expect((await run({ psnrSteps: 2, ganSteps: 2, resume: state! })).weights).toEqual(whole.weights)
    },
  )

  it('saves every so many steps and at the end of a stage', async () => {
    const saved: string[] = []
    await run({
      psnrSteps: 3,
      ganSteps: 1,
      saveEvery: 2,
      onProgress: ({ stage, step }) => saved.push(`saw ${stage} ${step}`),
      onSave: ({ meta }) => void saved.push(`${meta.stage} ${meta.psnrSteps} ${meta.ganSteps}`),
    })
    expect(saved).toEqual(['saw psnr 1', 'saw psnr 2', 'psnr 2 0', 'saw psnr 3', 'psnr 3 0', 'saw gan 1', 'gan 3 1'])
  })

  it('saves by the clock, too', async () => {
    const saved: number[] = []
    const onSave = ({ meta }: ESRGANTrainerState): void => void saved.push(meta.psnrSteps)
    await run({ psnrSteps: 3, ganSteps: 0, saveSeconds: 0, onSave })
    expect(saved).toEqual([1, 2, 3])
    await run({ psnrSteps: 3, ganSteps: 0, saveSeconds: 3600, onSave })
    expect(saved).toEqual([1, 2, 3, 3])
  })

  it('lets timers run between steps', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 0)
    await run({ psnrSteps: 3, ganSteps: 0 })
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(0)
  })

  it('leaves no tensor behind, also when it is stopped or the batch fails', async () => {
    await expectNoLeak(() => run({ psnrSteps: 1, ganSteps: 1, ema: 0.9 }).then(() => undefined))
    await expectNoLeakWhenThrowing(async () => {
      using generator = createRRDBGenerator(generatorOptions)
      await trainESRGAN({
        generator,
        psnrSteps: 3,
        ganSteps: 1,
        batch: (step, stage) => (step === 1 ? Promise.reject(new Error('unreadable')) : batch(step, stage)),
      })
    }, 'unreadable')
    await expectNoLeakWhenThrowing(() => run({ psnrSteps: 1, ganSteps: 0, signal: AbortSignal.abort() }), 'abort')
  })

  it('refuses what does not fit', async () => {
    await expect(run({ psnrSteps: -1, ganSteps: 0 })).rejects.toThrow(/options.psnrSteps/)
    await expect(run({ psnrSteps: 1, ganSteps: 0, saveEvery: 0 })).rejects.toThrow(/options.saveEvery/)
    await expect(run({ psnrSteps: 1, ganSteps: 0, saveSeconds: -1 })).rejects.toThrow(/options.saveSeconds/)
  })
})
