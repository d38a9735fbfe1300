import { requireInteger, requireRange } from '../errors.js'
import { breathe, trackProgress } from '../training/index.js'
import { createBestEpochKeeper, type BestEpoch } from './bestEpoch.js'
import { requireSiameseMemory } from './memory.js'
import { createPairBatches, givesTriplets } from './pairBatches.js'
import { requireLabels } from './requireLabels.js'
import { createSiameseTrainer } from './trainer.js'
import { requireValidation, type SiameseEpoch, type SiameseTraining, type TrainSiameseOptions } from './trainOptions.js'
import { validate } from './validate.js'

/**
 * Trains a Siamese network with the paper's settings: 10 epochs, batches of 32 balanced pairs, Adam 1e-4 (epsilon 1e-7),
 * contrastive margin 1, loss `bce + lambda * contrastive` (of triplets `bce + lambda * triplet`) or what `losses` makes of it.
 * Deterministic for a seed on one backend.
 *
 * @returns the history, one entry for each epoch (those before `resume` included), and which epoch's weights the network holds. It is
 *   trained in place.
 * @throws ArgumentError for options out of range; OutOfMemoryError where wasm certainly cannot hold a step (`estimateSiameseMemory`);
 * BackendFailedError when the device is lost; the signal's
 * reason when aborted (the network then keeps the last step's weights).
 */
export async function trainSiamese(options: TrainSiameseOptions): Promise<SiameseTraining> {
  const {
    network,
    labels,
    groups,
    samePatient = 'allow',
    pairs: strategy = 'balanced',
    epochs = 10,
    batchSize = 32,
    stepsPerEpoch,
    validation,
  } = options
  const { resume, onEpoch, onSave, onProgress, signal, pictures, saveSeconds = Infinity, seed = 0 } = options
  requireInteger('options.epochs', epochs, 1)
  if (stepsPerEpoch !== undefined) requireInteger('options.stepsPerEpoch', stepsPerEpoch, 1)
  if (saveSeconds !== Infinity) requireRange('options.saveSeconds', saveSeconds, 0, Infinity)
  requireLabels('options.labels', labels)
  requireValidation(options)
  const batches = createPairBatches(labels, {
    strategy,
    batchSize,
    epochs,
    samePatient,
    seed,
    ...(stepsPerEpoch === undefined ? {} : { stepsPerEpoch }),
    ...(options.margin === undefined ? {} : { margin: options.margin }),
    ...(groups === undefined ? {} : { groups }),
    ...(pictures === undefined ? {} : { pictures }),
  })
  const steps = Math.min(batches.batchesPerEpoch, stepsPerEpoch ?? Infinity)
  // No more images at once than training takes.
  const judgedAtOnce = Math.min(batchSize, 2 * (options.microBatch ?? batchSize))
  const { widths } = network.encoder
  if (widths !== undefined) {
    const { inputShape, embeddingSize } = network
    requireSiameseMemory({
      inputShape,
      widths,
      embeddingSize,
      pairs: strategy,
      // An epoch of few images is one smaller batch: of each image two pairs.
      batchSize: Math.min(batchSize, 2 * labels.length),
      ...(options.microBatch === undefined ? {} : { microBatch: options.microBatch }),
    })
  }
  const trainer = createSiameseTrainer({
    embeddingLoss: givesTriplets(strategy) ? 'triplet' : 'contrastive',
    ...options,
  })
  try {
    const history: SiameseEpoch[] = [...(resume?.history ?? [])]
    if (resume !== undefined) trainer.load(resume.state)
    const { best: rule, patience = Infinity, metrics = {} } = options
    const keeper = rule && createBestEpochKeeper(network, rule, patience, resume?.best)
    const bestSoFar = (): { best?: BestEpoch } => (keeper?.best === undefined ? {} : { best: keeper.best })
    const done = resume?.epoch ?? 0
    let begun = resume?.begun
    const stepsDone = steps * done + (begun?.steps ?? 0)
    const report = trackProgress('siamese', steps * epochs, onProgress, stepsDone)
    let savedAt = Date.now()
    let isSaved = true
    const noteSaved = (): void => {
      savedAt = Date.now()
      isSaved = true
    }
    let isStoppedEarly = false
    for (let epoch = done; epoch < epochs; epoch++) {
      isStoppedEarly = keeper?.isOver(epoch) === true
      if (isStoppedEarly) break
      const started = Date.now()
      const sums: Record<string, number> = { ...begun?.sums }
      let pairs = begun?.pairs ?? 0
      let seen = begun?.images ?? 0
      let skippedAnchors = begun?.skippedAnchors ?? 0
      const first = begun?.steps ?? 0
      begun = undefined
      const save = async (stepsOfEpoch: number): Promise<void> => {
        const part =
          stepsOfEpoch === 0
            ? {}
            : { begun: { steps: stepsOfEpoch, pairs, images: seen, skippedAnchors, sums: { ...sums } } }
        await onSave?.({ epoch, state: await trainer.state(), history: [...history], ...bestSoFar(), ...part })
        noteSaved()
      }
      let i = -1
      for (const [{ batch, made }, next] of withNext(batches.epoch(epoch), steps)) {
        if (++i < first) continue
        await breathe()
        if (signal?.aborted === true) {
          if (!isSaved) await save(i)
          signal.throwIfAborted()
        }
        const values = await trainer.train(batch, next?.batch)
        isSaved = false
        const { pairs: count, skipped } = made()
        const classed = 'images' in batch ? batch.images.length : 2 * count
        for (const [name, value] of Object.entries(values))
          sums[name] = (sums[name] ?? 0) + value * (name === 'accuracy' ? classed : count)
        pairs += count
        seen += classed
        skippedAnchors += skipped
        report(steps * epoch + i + 1, values)
        if (i + 1 < steps && Date.now() - savedAt >= saveSeconds * 1000) await save(i + 1)
      }
      const { loss, accuracy, ...terms } = Object.fromEntries(
        Object.entries(sums).map(([name, sum]) => [name, sum / (name === 'accuracy' ? seen : pairs)]),
      )
      const judged =
        validation &&
        (await validate(network, validation, metrics, { batchSize: judgedAtOnce, ...(signal ? { signal } : {}) }).catch(
          async (error: unknown) => {
            if (signal?.aborted === true && !isSaved) await save(steps)
            throw error
          },
        ))
      if (judged !== undefined) await keeper?.offer(epoch + 1, judged)
      const entry: SiameseEpoch = {
        epoch: epoch + 1,
        loss: loss!,
        terms,
        accuracy: accuracy!,
        pairs,
        skippedAnchors,
        ...(judged === undefined ? {} : { validation: judged }),
        seconds: (Date.now() - started) / 1000,
      }
      history.push(entry)
      await onEpoch?.(entry, async () => {
        const checkpoint = { epoch: epoch + 1, state: await trainer.state(), history: [...history], ...bestSoFar() }
        noteSaved()
        return checkpoint
      })
    }
    keeper?.restore()
    const { best } = bestSoFar()
    return {
      history,
      keptEpoch: best?.epoch ?? history.length,
      ...(best === undefined ? {} : { bestValue: best.value }),
      isStoppedEarly,
    }
  } finally {
    trainer.dispose()
  }
}

/** Each of the first `count` items with the one after it. */
function* withNext<T>(items: Iterable<T>, count: number): Generator<readonly [item: T, next: T | undefined]> {
  let last: { readonly item: T } | undefined
  let taken = 0
  for (const item of items) {
    if (last !== undefined) yield [last.item, item]
    last = { item }
    if (++taken === count) break
  }
  if (last !== undefined) yield [last.item, undefined]
}
