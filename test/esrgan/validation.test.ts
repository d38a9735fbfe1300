import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { modCrop, resizeBicubic } from '../../src/data/index.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  trainESRGAN,
  upscale,
  validateGenerator,
  type ESRGANTrainerState,
  type ESRGANValidation,
  type TrainESRGANOptions,
  type TrainESRGANResult,
} from '../../src/esrgan/index.js'
import type { PixelImage } from '../../src/image.js'
import { psnr, ssim } from '../../src/metrics/index.js'
import { getWeights, setWeights, type NamedTensors, type ProgressEvent } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'
import { trainingBatch } from './batches.js'

const small = { blocks: 1, features: 4, growth: 2, seed: 1 } as const

function picture(width: number, height: number, phase = 0): PixelImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, k) => 128 + 100 * Math.sin(0.03 * k + phase))
  return { width, height, channels: 3, data, maxValue: 255 }
}

/** A JSON round trip, as a file would make it. */
const stored = ({ tensors, meta }: ESRGANTrainerState): ESRGANTrainerState => ({
  tensors,
  meta: JSON.parse(JSON.stringify(meta)) as ESRGANTrainerState['meta'],
})

type Rest = Partial<Omit<TrainESRGANOptions, 'generator' | 'discriminator'>>

async function run(options: Rest): Promise<TrainESRGANResult & { weights: NamedTensors }> {
  using generator = createRRDBGenerator(small)
  using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
  const result = await trainESRGAN({
    generator,
    discriminator,
    batch: trainingBatch,
    psnrSteps: 0,
    ganSteps: 0,
    ...options,
  })
  return { ...result, weights: await getWeights(generator.variables) }
}

beforeAll(() => useBackend('wasm'))

describe('validateGenerator', () => {
  it('is the mean of PSNR and SSIM on Y with the scale cropped, of images cropped to the scale and shrunk by bicubic', async () => {
    using generator = createRRDBGenerator(small)
    const images = [picture(30, 26), picture(28, 28, 1)]
    const measured = await validateGenerator(generator, images)
    const each = await Promise.all(
      images.map(async (image) => {
        const hr = modCrop(image, 4)
        const sr = await upscale(generator, resizeBicubic(hr, { scale: 0.25 }))
        const comparison = { channel: 'y', crop: 4 } as const
        return { psnr: psnr(sr, hr, comparison), ssim: ssim(sr, hr, comparison) }
      }),
    )
    expect(measured).toEqual({
      psnr: (each[0]!.psnr + each[1]!.psnr) / 2,
      ssim: (each[0]!.ssim + each[1]!.ssim) / 2,
    })
  })

  it('takes pairs of the caller, and refuses what does not fit', async () => {
    using generator = createRRDBGenerator(small)
    const hr = picture(28, 24)
    const own = { hr, lr: resizeBicubic(hr, { scale: 0.25 }) }
    expect(await validateGenerator(generator, [own])).toEqual(await validateGenerator(generator, [hr]))
    await expect(validateGenerator(generator, [])).rejects.toThrow(/images must hold at least one image/)
    await expect(validateGenerator(generator, [{ lr: hr, hr }])).rejects.toThrow(
      /images\[0\].hr must be 4 times as large as lr \(28x24\); received "28x24"/,
    )
    for (const tiny of [picture(22, 18), { hr: picture(20, 16), lr: picture(5, 4) }]) {
      await expect(validateGenerator(generator, [hr, tiny])).rejects.toThrow(
        /images\[1\] must have at least 19x19 pixels that can be compared; received "20x16"/,
      )
    }
    const broken = { ...generator, apply: () => tf.fill<tf.Rank.R4>([1, 24, 28, 3], NaN) }
    expect(await validateGenerator(broken, [hr])).toEqual({ psnr: NaN, ssim: NaN })
    using same = createRRDBGenerator({ ...small, scale: 1 })
    await expect(validateGenerator(same, [hr])).rejects.toThrow(/pair \{ lr, hr \} for a generator of scale 1/)
    expect((await validateGenerator(same, [{ lr: hr, hr }])).psnr).toBeGreaterThan(0)
    await expectNoLeak(async () => void (await validateGenerator(generator, [hr])))
  })
})

describe('validation in trainESRGAN', () => {
  const images = [picture(28, 28)]

  it('measures every so many steps and at the end of a stage, and reports it with the step', async () => {
    const events: ProgressEvent[] = []
    const { best } = await run({
      psnrSteps: 5,
      ganSteps: 1,
      validation: { every: 2, images },
      onProgress: (event) => events.push(event),
    })
    const measured = events.filter(({ values }) => 'validation/psnr' in values!)
    expect(measured.map(({ stage, step }) => `${stage} ${step}`)).toEqual(['psnr 2', 'psnr 4', 'psnr 5', 'gan 1'])
    for (const { values } of measured) expect(values!['validation/ssim']).toBeLessThan(1)
    const psnrs = measured.slice(0, 3).map(({ values }) => values!['validation/psnr']!)
    expect(best.psnr!.values['psnr']).toBe(Math.max(...psnrs))
    expect(best.psnr!.step).toBe([2, 4, 5][psnrs.indexOf(Math.max(...psnrs))])
    expect(best.gan!.step).toBe(1)
  })

  it('keeps the weights that were best, not the last ones, by any value of the caller', async () => {
    const marks = [1, 3, 2, 5, 4]
    const seen: NamedTensors[] = []
    const validate: ESRGANValidation['validate'] = async (generator, { step }) => {
      seen.push(await getWeights(generator.trainable))
      return { mark: marks[step - 1]! }
    }
    for (const [lowerIsBetter, at] of [
      [false, 4],
      [true, 1],
    ] as const) {
      seen.length = 0
      const { best, weights } = await run({
        psnrSteps: 5,
        validation: { every: 1, validate, best: 'mark', lowerIsBetter },
      })
      expect(best.psnr).toEqual({ step: at, values: { mark: marks[at - 1] }, weights: seen[at - 1] })
      expect(best.psnr!.weights).not.toEqual(weights)
    }
  })

  it('validates and keeps the averaged weights where there are any, and trains on as if it had not looked', async () => {
    const seen: NamedTensors[] = []
    const validate: ESRGANValidation['validate'] = async (generator) => {
      seen.push(await getWeights(generator.trainable))
      return { psnr: seen.length }
    }
    const looked = await run({ psnrSteps: 2, ganSteps: 2, ema: 0.5, validation: { every: 1, validate } })
    expect(seen).toHaveLength(4)
    expect(looked.best.gan!.weights).toEqual(looked.ema)
    expect(seen.at(-1)).toEqual(looked.ema)
    expect(looked.ema).not.toEqual(looked.weights)
    const blind = await run({ psnrSteps: 2, ganSteps: 2, ema: 0.5 })
    expect(looked.weights).toEqual(blind.weights)
    expect(looked.ema).toEqual(blind.ema)
  })

  it.each([
    ['psnr', 2],
    ['gan', 1],
  ] as const)('stopped in the %s stage, goes on to the same best weights', async (stage, step) => {
    // Falling values: the best ones are those from before the interruption.
    const options: Rest = {
      psnrSteps: 3,
      ganSteps: 3,
      ema: 0.9,
      validation: { every: 1, validate: (_, at) => ({ psnr: -at.step }) },
    }
    const whole = await run(options)
    let state: ESRGANTrainerState | undefined
    const controller = new AbortController()
    await expect(
      run({
        ...options,
        signal: controller.signal,
        onSave: (saved) => void (state = stored(saved)),
        onProgress: (event) => event.stage === stage && event.step === step && controller.abort(new Error('stop')),
      }),
    ).rejects.toThrow('stop')
    expect(state!.meta.run!.best[stage]).toEqual({ step: 1, values: { psnr: -1 } })
    const resumed = await run({ ...options, resume: state! })
    expect(resumed).toEqual({ ...whole, last: resumed.last })
    // Also where the rest is not validated.
    const { validation: _, ...unseen } = options
    expect((await run({ ...unseen, resume: state! })).best[stage]).toEqual(whole.best[stage])
  })

  it('knows an infinite PSNR again that JSON could not hold, and never keeps NaN', async () => {
    let state: ESRGANTrainerState | undefined
    const valued = (value: number): Rest => ({ validation: { every: 1, validate: () => ({ psnr: value }) } })
    await run({ psnrSteps: 1, ...valued(Infinity), onSave: (saved) => void (state = stored(saved)) })
    const { best } = await run({ psnrSteps: 2, ...valued(40), resume: state! })
    expect(best.psnr!.step).toBe(1)
    expect((await run({ psnrSteps: 1, ...valued(NaN) })).best).toEqual({})
    // What was best by another value cannot be compared.
    const other = { every: 1, best: 'mark', validate: () => ({ mark: 1 }) }
    expect((await run({ psnrSteps: 2, validation: other, resume: state! })).best.psnr!.step).toBe(2)
  })

  it('gives weights that fit a generator, and leaves no tensor behind, also when measuring fails', async () => {
    await expectNoLeak(async () => {
      const { best } = await run({ psnrSteps: 1, ganSteps: 1, ema: 0.9, validation: { every: 1, images } })
      using generator = createRRDBGenerator({ ...small, seed: 5 })
      setWeights(generator.trainable, best.gan!.weights, 'best')
    })
    const broken = { every: 1, validate: () => Promise.reject(new Error('no images there')) }
    await expectNoLeakWhenThrowing(() => run({ psnrSteps: 1, ema: 0.9, validation: broken }), 'no images there')
  })

  it('refuses what does not fit', async () => {
    const refuses = (validation: ESRGANValidation): Promise<unknown> => run({ psnrSteps: 1, validation })
    await expect(refuses({ every: 0, images })).rejects.toThrow(/options.validation.every/)
    await expect(refuses({ every: 1 })).rejects.toThrow(/options.validation must have images or a function validate/)
    const validateOther = (): Record<string, number> => ({ mark: 1 })
    await expect(refuses({ every: 1, images, best: 'lpips', validate: validateOther })).rejects.toThrow(
      /options.validation.best must be one of psnr, ssim, mark; received "lpips"/,
    )
    const trained = vi.fn<() => void>()
    const early = run({ psnrSteps: 2, validation: { every: 2, images: [picture(16, 40)] }, onProgress: trained })
    await expect(early).rejects.toThrow(/options.validation.images\[0\] must have at least 19x19 pixels/)
    const unknown = run({ psnrSteps: 2, validation: { every: 2, images, best: 'lpips' }, onProgress: trained })
    await expect(unknown).rejects.toThrow(/options.validation.best must be psnr or ssim, unless/)
    expect(trained).not.toHaveBeenCalled()
    const validate = vi.fn<() => Record<string, number>>(() => ({ psnr: 1 }))
    await run({ validation: { every: 1, validate } })
    expect(validate).not.toHaveBeenCalled()
    expect(tf.memory().numTensors).toBe(0)
  })
})
