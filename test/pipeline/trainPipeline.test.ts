import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { memoryStore, type ImageSource, type Store } from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import { loadGenerator, type GeneratorContext } from '../../src/esrgan/index.js'
import { reportMarkdown, trainPipeline, type PipelineOptions, type PipelineResult } from '../../src/pipeline/index.js'
import { loadSiamese, type SiameseContext } from '../../src/siamese/index.js'
import type { ProgressEvent } from '../../src/training/index.js'
import { useBackend } from '../helpers/backend.js'
import { comparable, small, smallData as data } from './small.js'

describe('trainPipeline on wasm', () => {
  let result: PipelineResult
  const events: ProgressEvent[] = []
  beforeAll(async () => {
    await useBackend('wasm')
    result = await trainPipeline({ ...small, onProgress: (event) => events.push(event) })
  })

  it('goes through every stage in order, with rate and time left', () => {
    const stages = [...new Set(events.map(({ stage }) => stage))]
    expect(stages).toEqual([
      'read',
      'psnr',
      'gan',
      'measure',
      'super-resolve train',
      'super-resolve validation',
      'super-resolve test',
      'siamese',
    ])
    for (const stage of stages) {
      const last = events.findLast((event) => event.stage === stage)!
      expect(last.step).toBe(last.steps)
      expect(last.secondsLeft).toBe(0)
      expect(last.rate).toBeGreaterThan(0)
    }
  })

  it('keeps patients apart and balances the training side only', () => {
    const { protocol, leakage } = result.report
    expect(protocol).toMatchObject({ split: 'patient', preset: 'quick', backend: 'wasm', source: 'synthetic', seed: 5 })
    expect(leakage.onBothSides.patients).toEqual([])
    expect(leakage).toMatchObject({ leaks: [], duplicates: [], pictures: { compared: 32, crowded: 0 } })
    expect(protocol.train.images + protocol.validation!.images + protocol.test.images).toBe(32)
    expect(protocol.train.patients + protocol.validation!.patients + protocol.test.patients).toBe(8)
    expect(protocol.curves).toBe('validation')
    expect(protocol.train.augmented).toBeGreaterThan(0)
    expect(result.report.predictions).toHaveLength(protocol.test.images)
    expect(result.pictures.augmented.length).toBeGreaterThan(0)
  })

  it('reports every evaluation with its n, and magnifications that add up', () => {
    const { overall, byMagnification } = result.report.results
    expect(Object.values(byMagnification).reduce((sum, { n }) => sum + n, 0)).toBe(overall.n)
    const { predictions } = result.report
    const right = predictions.filter(({ label, score }) => (label === 'malignant') === score >= 0.5).length
    expect(overall.accuracy).toBeCloseTo(right / predictions.length, 12)
    expect(overall.accuracyInterval.low).toBeLessThanOrEqual(overall.accuracy)
    expect(result.report.history.siamese.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    expect(result.report.history.esrgan.map(({ stage, step }) => `${stage} ${step}`)).toEqual([
      'psnr 1',
      'psnr 2',
      'psnr 3',
      'gan 1',
      'gan 2',
    ])
  })

  it('judges by three heads, each under its own name', () => {
    const { heads, keptEpoch, predictions, train, test } = result.report.runs[0]!
    expect(keptEpoch).toBe(3)
    const { support, pair } = heads
    expect(support.references).toBe(train.images)
    expect(support.overall).toMatchObject({
      n: test.images,
      brier: null,
      calibrationError: null,
      reliability: [],
      loss: {},
    })
    const right = predictions.filter(({ label, support: score }) => (label === 'malignant') === score >= 0.5).length
    expect(support.overall.accuracy).toBeCloseTo(right / test.images, 12)
    expect(pair!.chosenOn).toBe('validation')
    expect(pair!.n).toBe(2 * pair!.similar)
    expect(pair!.pairAccuracy).toBeGreaterThanOrEqual(0)
    const { reliability, brier, calibrationError } = heads.sigmoid.overall
    expect(reliability.reduce((sum, { n }) => sum + n, 0)).toBe(test.images)
    expect(brier).toBeGreaterThan(0)
    expect(calibrationError).toMatchObject({ bins: 10, strategy: 'uniform' })
  })

  it('locks the threshold that validation chose, and evaluates it beside 0.5', async () => {
    const { decisions, locked } = result.report.results.overall
    expect(decisions.threshold).toEqual({ value: 0.5, rule: 'fixed', chosenOn: 'nothing' })
    const { value, rule, chosenOn } = locked!.threshold
    expect({ rule, chosenOn }).toEqual({ rule: 'youden', chosenOn: 'validation' })
    const called = result.report.predictions.filter(({ score }) => score >= value)
    const { tp, fp } = locked!.confusion
    expect(called.length).toBe(tp + fp)
    expect(called.filter(({ label }) => label === 'malignant')).toHaveLength(tp)
    const { network, metadata } = loadSiamese(result.models.siamese)
    expect(metadata['youdenThreshold']).toBe(String(value))
    network.dispose()
  })

  it('without validation chooses nothing, and draws the curve on the test side', async () => {
    const { report } = await trainPipeline({ ...small, validationFraction: 0 })
    expect(report.protocol).toMatchObject({ validation: null, curves: 'test' })
    const { overall } = report.results
    expect(overall.locked).toBeNull()
    expect(report.runs[0]!.heads.pair!.chosenOn).toBe('training')
    const { heldOutLoss, heldOutAccuracy, heldOutAuc } = report.history.siamese.at(-1)!
    expect(heldOutAccuracy).toBeCloseTo(overall.accuracy, 12)
    expect(heldOutAuc).toBeCloseTo(overall.auc!, 12)
    expect(heldOutLoss).toBeCloseTo(overall.loss['binaryCrossEntropy']!, 5)
    expect(report.protocol.train.images + report.protocol.test.images).toBe(32)
  })

  it('keeps the weights of the best epoch by validation on request, and stops when there is none for long', async () => {
    const longer = {
      ...small,
      siamese: { ...small.siamese, epochs: 6, learningRate: 0.3, keep: 'best', patience: 2 },
    } as const
    const { report } = await trainPipeline(longer)
    const { history, keptEpoch } = report.runs[0]!
    const losses = history.map(({ heldOutLoss }) => heldOutLoss)
    expect(keptEpoch).toBe(1 + losses.indexOf(Math.min(...losses)))
    expect(keptEpoch).toBeLessThan(history.length)
    expect(history).toHaveLength(Math.min(6, keptEpoch + 2))
    expect(report.protocol.settings).toMatchObject({
      'Siamese weights kept': 'the epoch with the least validation loss',
      'Siamese patience, epochs': 2,
    })
    const store = memoryStore()
    const stop = new AbortController()
    const stopped = trainPipeline({
      ...longer,
      store,
      signal: stop.signal,
      onProgress: ({ stage, step, steps }) =>
        stage === 'siamese' && step > steps / 3 && stop.abort(new Error('stopped by the test')),
    })
    await expect(stopped).rejects.toThrow('stopped by the test')
    const resumed = await trainPipeline({ ...longer, store, resume: true })
    expect(resumed.report.runs).toEqual(report.runs)
  })

  it('maps the test embeddings, the first component above the second, and shows the worst mistakes', () => {
    const { embedding, predictions } = result.report
    expect(embedding!.points.map(({ id }) => id)).toEqual(predictions.map(({ id }) => id))
    const [first, second] = embedding!.explained
    expect(first).toBeGreaterThanOrEqual(second)
    expect(first + second).toBeLessThanOrEqual(1 + 1e-9)
    for (const { x, y } of embedding!.points) expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true)
    const wrong = predictions.filter(({ label, score }) => (label === 'malignant') !== score >= 0.5)
    const { mistakes } = result.pictures
    expect(mistakes).toHaveLength(Math.min(8, wrong.length))
    const surest = wrong.map(({ score }) => Math.abs(score - 0.5)).sort((a, b) => b - a)
    expect(mistakes.map(({ score }) => Math.abs(score - 0.5))).toEqual(surest.slice(0, 8))
    const learned = new Set(small.data.records.map(({ id }) => id))
    for (const { caption } of wrong.length > 0 ? mistakes[0]!.nearest : []) expect(learned).toContain(caption)
    for (const { nearest, image } of mistakes) {
      expect(nearest).toHaveLength(2)
      expect(nearest[0]!.distance).toBeLessThanOrEqual(nearest[1]!.distance)
      expect(image.width).toBe(96)
    }
  })

  it('tells what data cost in every stage, within its time', () => {
    const { dataTime, seconds } = result.report
    expect(Object.keys(dataTime)).toEqual(['psnr', 'gan', 'super-resolve', 'siamese'])
    for (const stage of Object.values(dataTime)) {
      expect(stage.waited).toBeGreaterThan(0)
      expect(stage.waited + stage.worked).toBeLessThan(stage.seconds)
      expect(stage.share).toBeCloseTo((stage.waited + stage.worked) / stage.seconds, 12)
    }
    // Patches are cut and shelves unpacked by the main thread.
    for (const stage of ['psnr', 'gan', 'siamese']) expect(dataTime[stage]!.worked).toBeGreaterThan(0)
    expect(dataTime['psnr']!.seconds + dataTime['gan']!.seconds).toBeLessThan(seconds['esrgan']! + 0.1)
  })

  it('gives the same result where nothing fits into the cache', async () => {
    const again = await trainPipeline({ ...small, cacheBytes: 0 })
    expect(comparable(again)).toEqual(comparable(result))
    await expect(trainPipeline({ ...small, cacheBytes: -1 })).rejects.toThrow('options.cacheBytes must be an integer')
  })

  it('measures the curve on held-out images every so many steps and at the end of a stage', async () => {
    const validated = ({ report }: PipelineResult): string[] =>
      report.history.esrgan
        .filter(({ values }) => values['validation/psnr']! > 5 && values['validation/ssim']! < 1)
        .map(({ stage, step }) => `${stage} ${step}`)
    expect(validated(result)).toEqual(['psnr 3', 'gan 2'])
    const often = await trainPipeline({ ...small, esrgan: { ...small.esrgan, validateEvery: 2 } })
    expect(validated(often)).toEqual(['psnr 2', 'psnr 3', 'gan 2'])
    // Looking changes nothing.
    expect(often.models).toEqual(result.models)
    const never = trainPipeline({ ...small, esrgan: { validateEvery: 0 } })
    await expect(never).rejects.toThrow('options.esrgan.validateEvery must be an integer >= 1')
  })

  it('goes on when training diverges, and reports where it went back', async () => {
    let calls = 0
    const l1 = {
      name: 'l1',
      weight: 1,
      fn: ({ sr, hr }: GeneratorContext) =>
        tf.mul(tf.mean(tf.abs(tf.sub(sr, hr))), ++calls === 3 ? NaN : 1) as tf.Scalar,
    }
    const notices: string[] = []
    const { report } = await trainPipeline({
      ...small,
      losses: { psnr: [l1] },
      onProgress: ({ notice }) => notice !== undefined && notices.push(notice),
    })
    expect(notices).toHaveLength(1)
    expect(report.history.rollBacks).toEqual([
      { stage: 'psnr', step: 2, to: 0, reason: 'l1 is NaN, total is NaN', rateFactor: 0.5 },
    ])
    const steps = report.history.esrgan.map(({ stage, step }) => `${stage} ${step}`)
    expect(steps).toEqual(['psnr 1', 'psnr 2', 'psnr 3', 'gan 1', 'gan 2'])
    const line = '- PSNR stage: with 2 steps done (l1 is NaN, total is NaN), back to 0 steps, learning rate times 0.5'
    expect(reportMarkdown(report)).toContain(
      `Training diverged 1 time and went back to its last good weights:\n\n${line}`,
    )
    expect(reportMarkdown(result.report)).not.toContain('diverged')
  })

  it('measures the generator beside bicubic on held-out images', () => {
    const { superResolution } = result.report
    expect(superResolution).toMatchObject({ channel: 'y', crop: 4, n: 2 })
    expect(superResolution.bicubicPsnr).toBeGreaterThan(15)
    expect(superResolution.psnr).toBeGreaterThan(15)
    expect(result.pictures.panels[0]!.hr.width).toBe(result.pictures.panels[0]!.lr.width)
  })

  it('gives networks that load again', () => {
    const generator = loadGenerator(result.models.generator)
    expect(generator.config).toMatchObject({ blocks: 1, features: 4, growth: 2, bicubicSkip: true })
    generator.dispose()
    const { network, metadata } = loadSiamese(result.models.siamese)
    expect(network.inputShape).toEqual([64, 64, 3])
    expect(metadata['inputSize']).toBe('16')
    network.dispose()
  })

  it('gives the same result for the same seed, and leaves no tensor', async () => {
    const before = tf.memory().numTensors
    const again = await trainPipeline(small)
    expect(tf.memory().numTensors).toBe(before)
    expect(comparable(again)).toEqual(comparable(result))
    const other = await trainPipeline({ ...small, seed: 6 })
    expect(other.models).not.toEqual(result.models)
  })

  it.each([
    ['psnr', 1],
    ['psnr', 3],
    ['gan', 1],
    ['super-resolve train', 5],
    ['siamese', 5],
  ])('stopped in %s at step %i, it resumes to the same result', async (stage, step) => {
    const store = memoryStore()
    const controller = new AbortController()
    const before = tf.memory().numTensors
    await expect(
      trainPipeline({
        ...small,
        store,
        signal: controller.signal,
        onProgress: (event) => {
          if (event.stage === stage && event.step === step) controller.abort(new Error('stopped by the test'))
        },
      }),
    ).rejects.toThrow('stopped by the test')
    expect(tf.memory().numTensors).toBe(before)
    const resumed = await trainPipeline({ ...small, store, resume: true })
    expect(comparable(resumed)).toEqual(comparable(result))
  })

  it('takes mined pairs of other patients, names them, and resumes to the same result', async () => {
    const mined: PipelineOptions = {
      ...small,
      // Both benign patients of the training side: one alone has no partner of another.
      validationFraction: 0,
      siamese: { ...small.siamese, pairs: 'semi-hard', samePatient: 'forbid' },
    }
    const plain = await trainPipeline({ ...small, validationFraction: 0 })
    const whole = await trainPipeline(mined)
    expect(whole.report.protocol.settings).toMatchObject({
      'Siamese pairs': 'semi-hard',
      'same patient in a pair': 'forbid',
    })
    expect(result.report.protocol.settings).toMatchObject({
      'Siamese pairs': 'balanced',
      'same patient in a pair': 'allow',
    })
    expect(whole.models.generator).toEqual(plain.models.generator)
    expect(whole.models.siamese).not.toEqual(plain.models.siamese)
    const store = memoryStore()
    const stop = new AbortController()
    const stopped = trainPipeline({
      ...mined,
      store,
      signal: stop.signal,
      onProgress: ({ stage, step }) =>
        stage === 'siamese' && step === 2 && stop.abort(new Error('stopped by the test')),
    })
    await expect(stopped).rejects.toThrow('stopped by the test')
    await expect(trainPipeline({ ...small, store, resume: true })).rejects.toThrow('the store holds none')
    expect(comparable(await trainPipeline({ ...mined, store, resume: true }))).toEqual(comparable(whole))
  })

  it('refuses pairs that cannot be made before it reads an image', async () => {
    const alone: ImageSource = {
      ...data,
      records: data.records.map((record) => ({ ...record, patient: record.id })),
      read: () => Promise.reject(new Error('was read')),
    }
    const run = (siamese: object, of = alone): Promise<unknown> =>
      trainPipeline({ ...small, data: of, siamese: { ...small.siamese, ...siamese } })
    await expect(run({ samePatient: 'require' })).rejects.toThrow("(samePatient 'require'); image 0 of patient")
    await expect(run({ samePatient: 'require', pairs: 'hard' })).rejects.toThrow("(samePatient 'require'); image 0")
    await expect(run({ pairs: 'easy' })).rejects.toThrow('options.siamese.pairs must be one of')
    await expect(run({ samePatient: 'never' })).rejects.toThrow('options.siamese.samePatient')
  })

  it('does not go on from a run with another learning rate schedule or other data', async () => {
    const store = memoryStore()
    const schedule = (gamma: number): Partial<PipelineOptions> => ({
      maxSteps: 2,
      esrgan: { ...small.esrgan, psnrRate: (iteration) => 1e-3 * gamma ** (iteration / 1000) },
    })
    await trainPipeline({ ...small, ...schedule(0.5), store })
    const again = { ...small, store, resume: true }
    await expect(trainPipeline({ ...again, ...schedule(0.6) })).rejects.toThrow('the store holds none')
    const other = { ...data, description: 'synthetic, another seed' }
    await expect(trainPipeline({ ...again, ...schedule(0.5), data: other })).rejects.toThrow('the store holds none')
    expect((await trainPipeline({ ...again, ...schedule(0.5) })).report.protocol.maxSteps).toBe(2)
  })

  it('super-resolves each image once', async () => {
    const inner = memoryStore()
    let written = 0
    const store: Store = {
      ...inner,
      set: (key, bytes) => {
        if (key.startsWith('super-resolved/')) written++
        return inner.set(key, bytes)
      },
    }
    await trainPipeline({ ...small, store })
    const { train, validation, test } = result.report.protocol
    const images = train.images + train.augmented + validation!.images + test.images
    expect(written).toBe(images)
    await trainPipeline({ ...small, store })
    expect(written).toBe(images)
  })

  it('trains with the caller’s own terms in every stage', async () => {
    const seen = new Set<string>()
    const term = <C>(name: string): { name: string; weight: number; fn: (context: C) => tf.Scalar } => ({
      name,
      weight: 0.5,
      fn: () => {
        seen.add(name)
        return tf.scalar(2)
      },
    })
    const { report } = await trainPipeline({
      ...small,
      losses: {
        psnr: [term<GeneratorContext>('own-psnr')],
        generator: [{ name: 'relativistic', weight: 0, fn: () => tf.scalar(0) }, term<GeneratorContext>('own-gan')],
        discriminator: [term('own-discriminator')],
        siamese: [term<SiameseContext>('own-siamese')],
      },
    })
    expect([...seen].sort()).toEqual(['own-discriminator', 'own-gan', 'own-psnr', 'own-siamese'])
    const gan = report.history.esrgan.find(({ stage }) => stage === 'gan')!
    expect(gan.values['own-gan']).toBe(2)
    expect(Object.keys(gan.values)).not.toContain('relativistic')
  })

  it('splits by image on request and then says which patients leak', async () => {
    const { report } = await trainPipeline({ ...small, split: 'image', maxSteps: 4 })
    expect(report.protocol.split).toBe('image')
    expect(report.protocol.maxSteps).toBe(4)
    expect(report.leakage.onBothSides.patients.length).toBeGreaterThan(0)
  })

  it('turns copies by 10, 20, .. degrees and resizes by nearest neighbours on request', async () => {
    const { report, pictures } = await trainPipeline({
      ...small,
      resize: 'nearest',
      augmentation: { method: 'sequential', zoom: 0 },
      maxSteps: 2,
    })
    expect(pictures.augmented.map(({ caption }) => caption)).toContain('10.0 degrees, zoom 1.00 x 1.00')
    expect(report.protocol.settings).toMatchObject({ 'resize to the input': 'nearest', augmentation: 'sequential' })
    expect(report.history.siamese).not.toEqual((await trainPipeline({ ...small, maxSteps: 2 })).report.history.siamese)
  })

  it('takes every range of Keras and degradations of the small side, and the report lists them', async () => {
    const { report } = await trainPipeline({
      ...small,
      augmentation: {
        zoom: [0.8, 1],
        heightShift: [2, 5],
        widthShift: 0.1,
        shear: 5,
        horizontalFlip: true,
        brightness: [0.8, 1.2],
        fillMode: 'constant',
        fillValue: 0.9,
        ratio: 0.8,
      },
      esrgan: { ...small.esrgan, degradation: { blur: [0.5, 1], noise: 0.01, jpeg: { quality: [60, 90] } } },
      maxSteps: 2,
    })
    expect(report.protocol.settings).toMatchObject({
      'class ratio after it': 0.8,
      'zoom range': '0.8 to 1',
      'fill mode': 'constant 0.9',
      'height shift': 'one of 2, 5, either way',
      'width shift': 0.1,
      'shear, degrees': 5,
      flips: 'left-right',
      "brightness (Keras')": '0.8 to 1.2',
      'blur of LR patches, HR pixels': '0.5 to 1',
      'noise on LR patches': 0.01,
      'JPEG quality of LR patches': '60 to 90, 4:2:0',
    })
    expect(report.protocol.settings).not.toHaveProperty('channel shift')
  })

  describe('bad input', () => {
    const corrupt: ImageSource = {
      ...data,
      read: (record) =>
        record === data.records[2] ? Promise.reject(new DataError(record.id, 'is not an image')) : data.read(record),
    }
    it.each<[string, Partial<PipelineOptions>, string]>([
      ['unknown preset', { preset: 'slow' as 'quick' }, "options.preset must be 'paper' or 'quick'; received \"slow\""],
      [
        'unknown split',
        { split: 'slide' as 'image' },
        'options.split must be one of image, patient, accession, official:1, official:2',
      ],
      [
        'test fraction beside a fold',
        { split: 'official:2', testFraction: 0.2 },
        'options.testFraction must be left out: official:2 says itself what is tested; received 0.2',
      ],
      ['no split', { split: [] }, 'options.split must name at least one'],
      ['split twice', { split: ['image', 'image'] }, 'options.split must name each only once; received "image"'],
      ['unknown arm', { ablation: ['vgg' as 'none'] }, 'options.ablation must be one of none, bicubic, psnr, esrgan'],
      ['arm twice', { ablation: ['none', 'none'] }, 'options.ablation must name each only once'],
      ['validation share', { validationFraction: 1 }, 'options.validationFraction must be a number in [0, 1)'],
      [
        'best weights without validation',
        { validationFraction: 0, siamese: { ...small.siamese, keep: 'best' } },
        'options.validationFraction must be above 0 where weights are chosen',
      ],
      ['kept weights', { siamese: { keep: 'first' as 'best' } }, "options.siamese.keep must be 'last' or 'best'"],
      ['patience', { siamese: { patience: 0 } }, 'options.siamese.patience must be an integer >= 1'],
      [
        'training side too small for validation',
        { data: { ...data, records: data.records.filter(({ patient }) => patient !== 'benign-03') } },
        'validation: the training side cannot be divided (records: too few patients to split: 1 with benign images',
      ],
      ['magnification', { magnifications: [50 as 40] }, 'options.magnifications must hold only 40, 100, 200, 400'],
      ['steps', { maxSteps: 0 }, 'options.maxSteps must be an integer >= 1; received 0'],
      ['seed', { seed: 0.5 }, 'options.seed must be an integer; received 0.5'],
      [
        'resize',
        { resize: 'cubic' as 'nearest' },
        "options.resize must be 'bilinear' or 'nearest'; received \"cubic\"",
      ],
      ['augmentation', { augmentation: { brightness: [2, 1] } }, 'options.brightness must be [low, high]'],
      [
        'fill mode',
        { augmentation: { fillMode: 'mirror' as 'wrap' } },
        'options.augmentation.fillMode must be one of nearest',
      ],
      ['degradation', { esrgan: { ...small.esrgan, degradation: { jpeg: 0 } } }, 'options.jpeg must be an integer'],
      ['ratio', { augmentation: { ratio: 2 } }, 'options.ratio must be a number in (0, 1]'],
      ['patch', { esrgan: { ...small.esrgan, ganPatch: 48 } }, 'power of two'],
      ['backend', { backend: 'abacus' }, 'backend abacus: is not registered'],
      ['resume', { resume: true }, 'options.resume must go on from a run with the same data, settings and seed'],
      ['corrupt image', { data: corrupt }, 'is not an image'],
      [
        'one class',
        { data: { ...data, records: data.records.filter(({ label }) => label === 'benign') } },
        'one class only',
      ],
      [
        'patients',
        { data: { ...data, records: data.records.filter(({ patient }) => patient.endsWith('01')) } },
        'too few patients to split',
      ],
    ])('%s is refused in one clear error, without a leak', async (_, change, message) => {
      const before = tf.memory().numTensors
      await expect(trainPipeline({ ...small, ...change })).rejects.toThrow(message)
      expect(tf.memory().numTensors).toBe(before)
    })

    it('refuses a class with one training picture before anything is read', async () => {
      const few = data.records.filter(
        ({ patient, id }) => !patient.startsWith('benign') || /benign-0[12]-\d+-01$/.test(id),
      )
      const read = vi.fn<ImageSource['read']>(data.read)
      const run = trainPipeline({ ...small, validationFraction: 0, data: { ...data, records: few, read } })
      await expect(run).rejects.toThrow(
        'too few benign images to pair: 1 on the training side, each class needs at least 2',
      )
      expect(read).not.toHaveBeenCalled()
    })

    it('names an image that is smaller than the patches, and can leave it out', async () => {
      const tiny = { width: 40, height: 20, channels: 3, data: new Uint8Array(2400), maxValue: 255 } as const
      const uneven: ImageSource = {
        ...data,
        read: (record) => (record === data.records[1] ? Promise.resolve(tiny) : data.read(record)),
      }
      await expect(trainPipeline({ ...small, data: uneven })).rejects.toThrow(
        `${data.records[1]!.id}: 40x20 pixels are too few for the 32x32 patches`,
      )
      const { report } = await trainPipeline({ ...small, data: uneven, onCorrupt: 'skip', maxSteps: 2 })
      expect(report.protocol.skipped).toHaveLength(1)
    })

    it.each(['psnr', 'generator', 'discriminator', 'siamese'] as const)(
      'an own %s term that throws ends the run with its error, without a leak',
      async (part) => {
        const fn = (): tf.Scalar => {
          throw new Error('from the own term')
        }
        const before = tf.memory().numTensors
        const run = trainPipeline({ ...small, maxSteps: 2, losses: { [part]: [{ name: 'own', weight: 1, fn }] } })
        await expect(run).rejects.toThrow('from the own term')
        expect(tf.memory().numTensors).toBe(before)
      },
    )

    it('skips a corrupt image when told to, and lists it', async () => {
      const { report } = await trainPipeline({ ...small, data: corrupt, onCorrupt: 'skip', maxSteps: 2 })
      expect(report.protocol.skipped).toHaveLength(1)
      expect(report.protocol.skipped[0]).toContain('is not an image')
    })
  })
})
