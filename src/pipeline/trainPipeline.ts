import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import { byteCache } from '../data/byteCache.js'
import {
  auditRecords,
  cachedSource,
  checkImages,
  imageSignature,
  memoryStore,
  withFileHashes,
  type AugmentedRecord,
  type DataAudit,
  type ImageRecord,
  type ImageSignature,
  type ImageSource,
  type Split,
} from '../data/index.js'
import { randomFeatures, saveGenerator } from '../esrgan/index.js'
import { ArgumentError, BackendError, DataError } from '../errors.js'
import type { PixelImage } from '../image.js'
import { saveSiamese } from '../siamese/index.js'
import { rateAt, trackProgress } from '../training/index.js'
import { assembleReport } from './assembleReport.js'
import { createDataMeter } from './dataMeter.js'
import { describeNetworks } from './describe.js'
import { fingerprint, keyName } from './fingerprint.js'
import { identify, requirePairs } from './identificationStage.js'
import { enlarged, lowResolutionInput } from './inputs.js'
import { defaultCacheBytes, resolveSettings, type PipelineOptions } from './options.js'
import { esrganMemory } from './memory.js'
import { prepareRecords, type PreparedRecords } from './prepare.js'
import type { PipelineSettings } from './presets.js'
import type { PipelinePictures, PipelineResult } from './reportTypes.js'
import { measureSuperResolution, scale, trainSuperResolution } from './superResolutionStage.js'
import { shelveImages, type ImageShelf } from './superResolved.js'

/** How many augmented copies are shown. */
const shownCopies = 6

/** Makes the named backend the active one, or checks that there is an active one. */
async function activeBackend(name: string | undefined): Promise<string> {
  if (name !== undefined) {
    let isSet = false
    try {
      isSet = await setBackend(name)
    } catch (error) {
      throw new BackendError(name, 'is not registered: import its package first', { cause: error })
    }
    if (!isSet) throw new BackendError(name, 'could not start')
  }
  try {
    return getBackend()
  } catch (error) {
    throw new BackendError('none', 'no tfjs backend is registered: import one and call tf.setBackend', { cause: error })
  }
}

/** An image that training patches fit into. */
async function readLargeEnough(source: ImageSource, record: ImageRecord, patch: number): Promise<PixelImage> {
  const image = await source.read(record)
  if (image.width < patch || image.height < patch) {
    throw new DataError(
      record.id,
      `${image.width}x${image.height} pixels are too few for the ${patch}x${patch} patches`,
    )
  }
  return image
}

/** Iterations at which a learning rate schedule is looked at. */
const probes = [0, ...Array.from({ length: 120 }, (_, k) => Math.round(1.125 ** k))]

/** What the whole run depends on: a resumed run must not differ in it. */
function runFingerprint(options: PipelineOptions, settings: PipelineSettings, perceptual: string): Promise<string> {
  const { preset = 'quick', split = 'patient', magnifications, maxSteps, seed = 1, data, losses = {} } = options
  const { psnrRate, ganRate } = settings.esrgan
  const terms = Object.entries(losses).map(([part, list]) => [
    part,
    (list as readonly { name: string; weight: number }[]).map(({ name, weight }) => [name, weight]),
  ])
  return fingerprint(
    JSON.stringify({ preset, split, magnifications, maxSteps, seed, settings, perceptual, terms }),
    // A schedule is a function: known by its values at the start and along a training of any length.
    [psnrRate, ganRate].map((rate) => probes.map((iteration) => rateAt(rate, iteration)).join()).join('/'),
    JSON.stringify([data.kind, data.description, data.records]),
  )
}

/**
 * The whole paper: data -> split -> balance by augmentation -> resize -> ESRGAN (PSNR stage, GAN stage) -> super-resolve
 * x4, once for each image -> Siamese network -> evaluate -> report. Runs on the active tfjs backend or the one named,
 * in browsers and in Node. Everything random follows from `seed`. The caller never sees a tensor.
 *
 * The test side is used twice: after every epoch to draw the curve, and at the end for the results. Nothing is chosen
 * by it: the last epoch's weights and the threshold 0.5 are used.
 *
 * With a `store` that lasts (a folder), a stopped run goes on with `resume: true`, to the same result; super-resolved
 * images are made once and found again.
 *
 * @throws ArgumentError for an option out of range, or `resume` without a state of the same run
 * @throws DataError for images that cannot be used or divided
 * @throws BackendError where no backend runs
 * @throws OutOfMemoryError before anything is read, where the wasm heap certainly cannot hold a step of training
 * @throws BackendFailedError where the backend is lost on the way: go on in a new process, with `resume`
 * @throws the signal's reason when it is aborted
 */
export async function trainPipeline(options: PipelineOptions): Promise<PipelineResult> {
  const settings = resolveSettings(options)
  const { preset = 'quick', split: splitName = 'patient', magnifications, maxSteps, seed = 1 } = options
  const { losses = {}, store = memoryStore(), onCorrupt = 'stop', onProgress, signal } = options
  const { cacheBytes = defaultCacheBytes } = options
  const { inputSize, resize } = settings
  const backend = await activeBackend(options.backend)
  signal?.throwIfAborted()

  const seconds: Record<string, number> = {}
  const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const started = Date.now()
    const result = await work()
    seconds[stage] = (Date.now() - started) / 1000
    return result
  }

  const meter = createDataMeter()
  const ownFeatures = options.features === undefined ? randomFeatures({ seed }) : undefined
  const features = options.features ?? ownFeatures!
  const run = await runFingerprint(options, settings, `${features.name}: ${features.description}`)
  const keys = { started: `${run}/started`, esrgan: `${run}/esrgan`, siamese: `${run}/siamese` }
  const owned: { dispose(): void }[] = ownFeatures === undefined ? [] : [ownFeatures]
  try {
    esrganMemory(settings.esrgan, features)
    if (options.resume === true) {
      if ((await store.get(keys.started)) === undefined) {
        throw new ArgumentError(
          'options.resume',
          'go on from a run with the same data, settings and seed; the store holds none',
          true,
        )
      }
    } else {
      for (const key of [keys.esrgan, keys.siamese]) await store.delete(key)
    }

    // Split first: a set that cannot be divided is refused before hours of reading.
    const prepareOptions = {
      split: splitName,
      testFraction: settings.testFraction,
      magnifications,
      augmentation: settings.augmentation,
      seed,
      maxImages: maxSteps,
    }
    const pairable = (prepared: PreparedRecords): PreparedRecords => {
      const records = prepared.training.map(({ record }) => record)
      requirePairs(records, settings.siamese, { seed, stepsPerEpoch: maxSteps })
      return prepared
    }
    const planned = pairable(prepareRecords(options.data, prepareOptions))
    const largestPatch = Math.max(settings.esrgan.psnrPatch, settings.esrgan.ganPatch)
    const wanted: ImageSource = {
      kind: options.data.kind,
      description: options.data.description,
      records: options.data.records.filter(
        ({ magnification }) =>
          magnifications === undefined || (magnification !== undefined && magnifications.includes(magnification)),
      ),
      read: (record) => meter.work(() => readLargeEnough(options.data, record, largestPatch)),
      ...(options.data.readBytes === undefined ? {} : { readBytes: (record) => options.data.readBytes!(record) }),
    }
    const originals = cachedSource(wanted, { bytes: cacheBytes })
    const signatures: ImageSignature[] = []
    const checked = await timed('read', async () => {
      const report = trackProgress('read', wanted.records.length, onProgress)
      return checkImages(originals, {
        // Every image is at hand here once: what the audit needs of it is taken now.
        inspect: async ({ id }, image) => void signatures.push(await imageSignature(id, image)),
        onCorrupt: onCorrupt === 'skip' ? 'skip' : 'throw',
        ...(signal === undefined ? {} : { signal }),
        onProgress: ({ done }) => report(done),
      })
    })
    const { source } = checked
    const { split, training } =
      checked.skipped.length === 0 ? planned : pairable(prepareRecords(source, prepareOptions))
    const audit = await auditSplit(source, split, signatures)
    await store.set(keys.started, new Uint8Array(0))

    const { generator, discriminator, history, rollBacks } = await timed('esrgan', () =>
      trainSuperResolution({
        source,
        train: split.train,
        test: split.test,
        settings: settings.esrgan,
        features,
        losses,
        store,
        key: keys.esrgan,
        seed,
        meter,
        onProgress,
        signal,
      }),
    )
    owned.push(generator, discriminator)
    const { measured, panels } = await timed('measure', () =>
      measureSuperResolution({
        generator,
        source,
        test: split.test,
        count: settings.esrgan.evaluationImages,
        onProgress,
        signal,
      }),
    )

    const generatorBytes = await saveGenerator(generator)
    const side = inputSize * scale
    const made = await fingerprint(generatorBytes, JSON.stringify([inputSize, resize, settings.augmentation, seed]))
    const cache = { held: byteCache<Uint8Array>(cacheBytes, ({ byteLength }) => byteLength), bytes: cacheBytes }
    const shelve = async (items: readonly AugmentedRecord[], stage: string): Promise<ImageShelf> =>
      shelveImages({
        keys: await Promise.all(
          items.map(async ({ record, copy }) => `super-resolved/${made}/${await keyName(record.id)}~${copy}`),
        ),
        read: (i) => source.read(items[i]!.record),
        make: async (i, original) => {
          const { augmentation } = items[i]!
          const how =
            augmentation === undefined ? { resize } : { resize, augmentation, sampling: settings.augmentation }
          return enlarged(generator, await meter.wait(lowResolutionInput(original, inputSize, how)), signal)
        },
        side,
        store,
        cache,
        stage,
        meter,
        onProgress,
        signal,
      })
    const testItems = split.test.map((record) => ({ record, copy: 0 }))
    const [trainShelf, testShelf] = await timed('super-resolve', async () => [
      await shelve(training, 'super-resolve train'),
      await shelve(testItems, 'super-resolve test'),
    ])
    // The originals make room for what is read from the shelves.
    originals.clear()

    const {
      network,
      history: epochs,
      scored,
    } = await timed('siamese', () =>
      identify({
        train: { shelf: trainShelf!, records: training.map(({ record }) => record) },
        test: { shelf: testShelf!, records: split.test },
        side,
        settings: settings.siamese,
        losses,
        stepsPerEpoch: maxSteps,
        store,
        key: keys.siamese,
        seed,
        meter,
        onProgress,
        signal,
      }),
    )
    owned.push(network)

    const report = assembleReport({
      protocol: { split: splitName, seed, preset, backend, maxSteps: maxSteps ?? null },
      settings,
      source,
      split,
      training,
      skipped: checked.skipped,
      audit,
      features,
      networks: describeNetworks(generator, discriminator, network),
      superResolution: measured,
      esrganHistory: history,
      rollBacks,
      siameseHistory: epochs,
      scored,
      seconds,
      dataTime: meter.stages,
    })
    const metadata = {
      backend,
      split: splitName,
      seed: String(seed),
      preset,
      source: source.description,
      inputSize: String(inputSize),
      resize,
    }
    return {
      report,
      pictures: { augmented: await augmentedSamples(source, training, settings), panels, mistakes: [] },
      models: { generator: generatorBytes, siamese: await saveSiamese(network, { metadata }) },
    }
  } finally {
    for (const owner of owned) owner.dispose()
  }
}

/** The audit of the images that the split uses, which a rehearsal's limit makes fewer than were read. */
async function auditSplit(
  source: ImageSource,
  split: Split,
  signatures: readonly ImageSignature[],
): Promise<DataAudit> {
  const records = [...split.train, ...split.test]
  const used = new Set(records.map(({ id }) => id))
  return auditRecords(records, {
    split,
    signatures: await withFileHashes(
      source,
      signatures.filter(({ id }) => used.has(id)),
    ),
  })
}

/** The first augmented copies, as they enter the generator, each beside its original. */
async function augmentedSamples(
  source: ImageSource,
  training: readonly AugmentedRecord[],
  { inputSize, resize, augmentation }: PipelineSettings,
): Promise<PipelinePictures['augmented']> {
  const samples: PipelinePictures['augmented'][number][] = []
  for (const item of training.filter(({ copy }) => copy > 0).slice(0, shownCopies)) {
    const { theta, zoomRows, zoomColumns } = item.augmentation!
    const original = await source.read(item.record)
    samples.push({
      caption: `${item.record.id}, original`,
      image: await lowResolutionInput(original, inputSize, { resize }),
    })
    samples.push({
      caption: `${theta.toFixed(1)} degrees, zoom ${zoomRows.toFixed(2)} x ${zoomColumns.toFixed(2)}`,
      image: await lowResolutionInput(original, inputSize, {
        resize,
        augmentation: item.augmentation!,
        sampling: augmentation,
      }),
    })
  }
  return samples
}
