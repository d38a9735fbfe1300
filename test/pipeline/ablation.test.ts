import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryStore, type ImageSource } from '../../src/data/index.js'
import { trainPipeline, type PipelineOptions, type PipelineResult, type RunResult } from '../../src/pipeline/index.js'
import { useBackend } from '../helpers/backend.js'
import { comparable, small } from './small.js'

const ablation = ['none', 'bicubic', 'psnr', 'esrgan'] as const
const both: PipelineOptions = { ...small, split: ['patient', 'image'], ablation }

describe('several splits and arms on wasm', () => {
  let single: PipelineResult
  let result: PipelineResult
  let runs: readonly RunResult[]
  const stages = new Set<string>()
  beforeAll(async () => {
    await useBackend('wasm')
    single = await trainPipeline(small)
    result = await trainPipeline({ ...both, onProgress: ({ stage }) => stages.add(stage) })
    runs = result.report.runs
  })

  it('gives one run for each split and arm, ESRGAN on the first split first', () => {
    expect(runs.map(({ split, arm }) => `${split} ${arm}`)).toEqual([
      'patient esrgan',
      'patient none',
      'patient bicubic',
      'patient psnr',
      'image esrgan',
      'image none',
      'image bicubic',
      'image psnr',
    ])
    expect(result.report.results).toEqual(runs[0]!.heads.sigmoid)
    expect(result.report.predictions).toEqual(runs[0]!.predictions)
    expect(stages).toContain('patient: none: siamese')
    expect(stages).toContain('image: psnr')
    expect(stages).not.toContain('siamese')
  })

  it('leaves the main run what it is alone', () => {
    expect(runs[0]).toEqual(single.report.runs[0])
    expect(result.models.generator).toEqual(single.models.generator)
    expect(result.models.siamese).toEqual(single.models.siamese)
  })

  it('judges the arms of a split on the same images, learned from the same images', () => {
    for (const split of ['patient', 'image']) {
      const own = runs.filter((run) => run.split === split)
      const ids = own.map(({ predictions }) => predictions.map(({ id }) => id))
      for (const other of ids) expect(other).toEqual(ids[0])
      for (const run of own) {
        const { train, validation, test, leakedTestImages } = own[0]!
        expect(run).toMatchObject({ train, validation, test, leakedTestImages })
      }
      const answers = own.map(({ predictions }) => predictions.map(({ score }) => score).join())
      expect(new Set(answers).size).toBe(4)
    }
  })

  it('takes the generator of the PSNR stage for that arm', async () => {
    const { report } = await trainPipeline({ ...small, esrgan: { ...small.esrgan, ganSteps: 0 } })
    const psnr = runs.find(({ split, arm }) => split === 'patient' && arm === 'psnr')!
    expect(psnr.predictions).toEqual(report.runs[0]!.predictions)
    expect(psnr.history).toEqual(report.runs[0]!.history)
  })

  it('says of each split how many test images leak', () => {
    const [patient, image] = [runs[0]!, runs[4]!]
    expect(patient.leakedTestImages).toBe(0)
    expect(image.leakedTestImages).toBe(image.test.images)
    expect(result.report.leakage.leakedTestImages).toBe(0)
  })

  it('compares every arm with each simpler one, by paired tests', () => {
    const { comparisons } = result.report
    expect(comparisons.map(({ split, a, b }) => `${split} ${a} ${b}`)).toEqual(
      ['patient', 'image'].flatMap((split) => [
        `${split} esrgan psnr`,
        `${split} esrgan bicubic`,
        `${split} esrgan none`,
        `${split} psnr bicubic`,
        `${split} psnr none`,
        `${split} bicubic none`,
      ]),
    )
    const { a, b, accuracy, auc } = comparisons[2]!
    const [esrgan, none] = [a, b].map((arm) => runs.find((run) => run.split === 'patient' && run.arm === arm)!)
    const [x, y] = [esrgan!, none!].map(({ heads }) => heads.sigmoid.overall)
    expect(accuracy.difference).toBeCloseTo(x!.accuracy - y!.accuracy, 12)
    expect(auc!.difference).toBeCloseTo(x!.auc! - y!.auc!, 12)
    const { onlyA, onlyB, p } = accuracy.mcNemar
    expect((onlyA - onlyB) / x!.n).toBeCloseTo(accuracy.difference, 12)
    expect(p).toBeGreaterThan(0)
    expect(p).toBeLessThanOrEqual(1)
    expect(single.report.comparisons).toEqual([])
  })

  it('goes on with further splits and arms where a run has stopped, without training anything twice', async () => {
    const store = memoryStore()
    await trainPipeline({ ...small, store })
    const trained = new Set<string>()
    const controller = new AbortController()
    const stopped = trainPipeline({
      ...both,
      store,
      resume: true,
      signal: controller.signal,
      onProgress: ({ stage, step }) => {
        trained.add(stage)
        if (stage === 'image: none: siamese' && step === 2) controller.abort(new Error('stopped by the test'))
      },
    })
    const before = tf.memory().numTensors
    await expect(stopped).rejects.toThrow('stopped by the test')
    expect(tf.memory().numTensors).toBe(before)
    expect(trained).toContain('image: gan')
    expect(trained).not.toContain('patient: gan')
    expect(trained).not.toContain('patient: esrgan: siamese')
    const resumed = await trainPipeline({ ...both, store, resume: true })
    expect(comparable(resumed)).toEqual(comparable(result))
  })

  it('trains no generator for a further split whose arms need none', async () => {
    const trained = new Set<string>()
    const { report } = await trainPipeline({
      ...small,
      split: ['image', 'patient'],
      ablation: ['bicubic', 'none'],
      maxSteps: 2,
      onProgress: ({ stage }) => trained.add(stage),
    })
    expect(report.runs.map(({ split, arm }) => `${split} ${arm}`)).toEqual([
      'image none',
      'image bicubic',
      'patient none',
      'patient bicubic',
    ])
    expect([...trained].filter((stage) => stage.endsWith('psnr'))).toEqual(['image: psnr'])
  })

  it('takes no input and no state that was made of other pictures under the same names', async () => {
    const [first] = small.data.records
    const exchanged: ImageSource = {
      ...small.data,
      async read(record) {
        const image = await small.data.read(record)
        return { ...image, data: image.data.map((value) => 255 - value) as Uint8Array }
      },
    }
    const onlyFirst: ImageSource = {
      ...small.data,
      read: (record) => (record.id === first!.id ? exchanged : small.data).read(record),
    }
    const few: PipelineOptions = { ...small, ablation: ['bicubic', 'none'], maxSteps: 2 }
    const store = memoryStore()
    const before = await trainPipeline({ ...few, store })
    const after = await trainPipeline({ ...few, store, data: exchanged })
    expect(after.report.runs).not.toEqual(before.report.runs)
    expect(comparable(after)).toEqual(comparable(await trainPipeline({ ...few, data: exchanged })))
    await expect(trainPipeline({ ...few, store, data: onlyFirst, resume: true })).rejects.toThrow(
      'options.resume must go on with the pictures of the stopped run; some have changed since',
    )
  })
})
