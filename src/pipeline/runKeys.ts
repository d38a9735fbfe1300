import type { SplitName, Store } from '../data/index.js'
import { compareText } from '../data/compareText.js'
import { ArgumentError } from '../errors.js'
import { rateAt } from '../training/index.js'
import { fingerprint } from './fingerprint.js'
import { armNames, type PipelineOptions, type RunPlan } from './options.js'
import type { PipelineSettings } from './presets.js'
import type { Arm } from './resultTypes.js'

/** Where the states of one split are in the store. */
export interface SplitKeys {
  /** Which pictures it is about, once they were read. */
  readonly started: string
  /** ESRGAN's state. */
  readonly esrgan: string
  /** The generator as the PSNR stage leaves it. */
  readonly psnr: string
  /** The Siamese network's state, by arm. */
  readonly siamese: Readonly<Record<Arm, string>>
}

/** Iterations at which a learning rate schedule is looked at. */
const probes = [0, ...Array.from({ length: 120 }, (_, k) => Math.round(1.125 ** k))]

/** The keys of a split: they name all that its states depend on, which the other splits and arms of a run are not. */
export async function splitKeys(
  split: SplitName,
  options: PipelineOptions,
  settings: PipelineSettings,
  perceptual: string,
): Promise<SplitKeys> {
  const { preset = 'quick', magnifications, maxSteps, seed = 1, data, losses = {} } = options
  const { psnrRate, ganRate } = settings.esrgan
  const terms = Object.entries(losses).map(([part, list]) => [
    part,
    (list as readonly { name: string; weight: number }[]).map(({ name, weight }) => [name, weight]),
  ])
  const run = await fingerprint(
    JSON.stringify({ preset, split, magnifications, maxSteps, seed, settings, perceptual, terms }),
    // A schedule is a function: known by its values at the start and along a training of any length.
    [psnrRate, ganRate].map((rate) => probes.map((iteration) => rateAt(rate, iteration)).join()).join('/'),
    JSON.stringify([data.kind, data.description, data.records]),
  )
  const arms = armNames.map((arm) => [arm, `${run}/siamese-${arm}`])
  return {
    started: `${run}/started`,
    esrgan: `${run}/esrgan`,
    psnr: `${run}/psnr`,
    siamese: Object.fromEntries(arms) as SplitKeys['siamese'],
  }
}

/**
 * Makes sure that there is something to resume, or that nothing is left of an earlier run. Parts that the stopped run did
 * not have (another split, another arm) begin anew.
 *
 * @throws ArgumentError for `resume` without a state of any of the splits
 */
export async function openRun(
  keys: readonly SplitKeys[],
  { splits }: RunPlan,
  { store, resume }: { store: Store; resume: boolean },
): Promise<void> {
  if (resume) {
    const states = await Promise.all(keys.map(({ started }) => store.get(started)))
    if (states.some((state) => state !== undefined)) return
    throw new ArgumentError(
      'options.resume',
      `go on from a run with the same data, settings and seed (split ${splits.join(' or ')}); the store holds none`,
      true,
    )
  }
  for (const { esrgan, psnr, siamese } of keys) {
    for (const key of [esrgan, psnr, ...Object.values(siamese)]) await store.delete(key)
  }
}

/**
 * Notes which pictures a run is about, now that they are read.
 *
 * @throws ArgumentError for `resume` where a split's state was made of other pictures under the same names
 */
export async function notePictures(
  keys: readonly SplitKeys[],
  hashes: ReadonlyMap<string, string>,
  { store, resume }: { store: Store; resume: boolean },
): Promise<void> {
  const pictures = await fingerprint(JSON.stringify([...hashes].sort(([a], [b]) => compareText(a, b))))
  for (const { started } of keys) {
    const noted = resume ? await store.get(started) : undefined
    if (noted !== undefined && new TextDecoder().decode(noted) !== pictures)
      throw new ArgumentError(
        'options.resume',
        'go on with the pictures of the stopped run; some have changed since',
        true,
      )
    await store.set(started, new TextEncoder().encode(pictures))
  }
}
