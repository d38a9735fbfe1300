import { byteCache } from '../data/byteCache.js'
import {
  auditRecords,
  memoryStore,
  withFileHashes,
  type DataAudit,
  type ImageSignature,
  type ImageSource,
  type Split,
  type SplitName,
} from '../data/index.js'
import { randomFeatures } from '../esrgan/index.js'
import { activeBackend } from './activeBackend.js'
import { assembleReport } from './assembleReport.js'
import { augmentedSamples } from './augmentedSamples.js'
import { compareArms } from './compareArms.js'
import { createDataMeter } from './dataMeter.js'
import { embeddingMap } from './embeddingMap.js'
import { requirePairs } from './identificationStage.js'
import { esrganMemory } from './memory.js'
import { worstMistakes } from './mistakes.js'
import { defaultCacheBytes, planRuns, resolveSettings, type PipelineOptions } from './options.js'
import { prepareRecords, type PreparedRecords } from './prepare.js'
import { readImages } from './readImages.js'
import type { PipelineResult } from './reportTypes.js'
import type { RunContext } from './runContext.js'
import { notePictures, openRun, splitKeys } from './runKeys.js'
import { runSplit, type SplitRun } from './splitRun.js'

/** Adds up what the stages take. */
function createTimer(): { seconds: Record<string, number>; timed: RunContext['timed'] } {
  const seconds: Record<string, number> = {}
  return {
    seconds,
    async timed(stage, work) {
      const started = Date.now()
      const result = await work()
      seconds[stage] = (seconds[stage] ?? 0) + (Date.now() - started) / 1000
      return result
    },
  }
}

/** Divides the images by each of the splits, and makes sure that every training side can be paired. */
function prepareSplits(
  source: ImageSource,
  splits: readonly SplitName[],
  { magnifications, maxSteps }: PipelineOptions,
  { settings, seed }: Pick<RunContext, 'settings' | 'seed'>,
): PreparedRecords[] {
  return splits.map((split) => {
    const prepared = prepareRecords(source, { ...settings, split, magnifications, seed, maxImages: maxSteps })
    const records = prepared.training.map(({ record }) => record)
    requirePairs(records, settings.siamese, { seed, stepsPerEpoch: maxSteps })
    return prepared
  })
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

/**
 * The whole paper: data -> split -> balance by augmentation -> resize -> ESRGAN (PSNR stage, GAN stage) -> super-resolve
 * x4, once for each image -> Siamese network -> evaluate -> report. Runs on the active tfjs backend or the one named,
 * in browsers and in Node. Everything random follows from `seed`. The caller never sees a tensor.
 *
 * The test side is judged by at the end. What is chosen (a threshold beside 0.5; with `siamese.keep: 'best'` the weights) is
 * chosen on the validation side, which is held back from the training side and takes no part in any training. Without one
 * (`validationFraction: 0`, the paper's protocol) the curve of every epoch is measured on the test side and chooses nothing: the last
 * epoch's weights and the threshold 0.5 are used.
 *
 * Several splits and arms (`split`, `ablation`) make one run each, with the same seeds, pairs and encoders; the arms of a split share
 * its ESRGAN training, and are compared by paired tests.
 *
 * With a `store` that lasts (a folder), a stopped run goes on with `resume: true`, to the same result, also with further splits
 * or arms; the networks' inputs are made once and found again.
 *
 * @throws ArgumentError for an option out of range, or `resume` without a state of the same run on the same pictures
 * @throws DataError for images that cannot be used or divided
 * @throws BackendError where no backend runs
 * @throws OutOfMemoryError before anything is read, where the wasm heap certainly cannot hold a step of training
 * @throws BackendFailedError where the backend is lost on the way: go on in a new process, with `resume`
 * @throws the signal's reason when it is aborted
 */
export async function trainPipeline(options: PipelineOptions): Promise<PipelineResult> {
  const settings = resolveSettings(options)
  const plan = planRuns(options)
  const { preset = 'quick', maxSteps, seed = 1, losses = {}, store = memoryStore(), onProgress, signal } = options
  const { cacheBytes = defaultCacheBytes } = options
  const backend = await activeBackend(options.backend)
  signal?.throwIfAborted()

  const { seconds, timed } = createTimer()
  const meter = createDataMeter()
  const ownFeatures = options.features === undefined ? randomFeatures({ seed }) : undefined
  const features = options.features ?? ownFeatures!
  const context: RunContext = {
    settings,
    features,
    losses,
    maxSteps,
    store,
    inputCache: { held: byteCache<Uint8Array>(cacheBytes, ({ byteLength }) => byteLength), bytes: cacheBytes },
    seed,
    meter,
    onProgress,
    signal,
    timed,
  }
  try {
    esrganMemory(settings.esrgan, features)
    const perceptual = `${features.name}: ${features.description}`
    const keys = await Promise.all(plan.splits.map((split) => splitKeys(split, options, settings, perceptual)))
    const place = { store, resume: options.resume === true }
    await openRun(keys, plan, place)

    // Split first: a set that cannot be divided is refused before hours of reading.
    const planned = prepareSplits(options.data, plan.splits, options, context)
    const images = await timed('read', () => readImages(options, cacheBytes, context))
    const { source, originals, skipped, signatures, hashes } = images
    const prepared = skipped.length === 0 ? planned : prepareSplits(source, plan.splits, options, context)
    const main = prepared[0]!
    const audit = await auditSplit(source, main.split, signatures)
    await notePictures(keys, hashes, place)

    const metadata = {
      backend,
      seed: String(seed),
      preset,
      source: source.description,
      inputSize: String(settings.inputSize),
      resize: settings.resize,
    }
    const runs: SplitRun[] = []
    for (const [i, split] of plan.splits.entries()) {
      const run = {
        split,
        isMain: i === 0,
        arms: plan.arms,
        images,
        prepared: prepared[i]!,
        keys: keys[i]!,
        name: plan.splits.length > 1 ? split : undefined,
        metadata: { ...metadata, split },
        // They make room for what is read from the shelves.
        onInputs: () => originals.clear(),
      }
      runs.push(await runSplit(run, context))
    }
    const { superResolution, arms } = runs[0]!
    const best = arms[0]!
    const { measured, panels } = superResolution!.measured!
    const results = runs.flatMap((run) => run.arms.map(({ result }) => result))
    const { report, pictures } = await timed('report', async () => ({
      report: {
        comparisons: compareArms(results, seed),
        embedding: await embeddingMap(best.answers.test.records, best.answers.test.embeddings, best.embeddingSize),
      },
      pictures: {
        augmented: await augmentedSamples(source, main.training, settings),
        panels,
        mistakes: await worstMistakes(source, best),
      },
    }))
    return {
      report: assembleReport({
        protocol: { seed, preset, backend, maxSteps: maxSteps ?? null },
        settings,
        source,
        prepared: main,
        skipped,
        audit,
        features,
        networks: { ...superResolution!.networks, siamese: best.description },
        superResolution: { ...superResolution!, measured },
        runs: results,
        ...report,
        seconds,
        dataTime: meter.stages,
      }),
      pictures,
      models: { generator: superResolution!.model, siamese: best.model },
    }
  } finally {
    ownFeatures?.dispose()
  }
}
