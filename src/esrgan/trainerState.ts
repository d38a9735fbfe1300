import type { NamedTensor, NamedTensors, NamedVariables } from '../training/index.js'
import type { RollBack } from './guard.js'
import type { ESRGANStage } from './trainer.js'

/** The counters of a trainer. */
export interface ESRGANCounters {
  /** The stage that the last step belonged to. */
  readonly stage: ESRGANStage
  /** Steps done in the PSNR stage. */
  readonly psnrSteps: number
  /** Steps done in the GAN stage. */
  readonly ganSteps: number
  /** Updates of the generator's optimizer. */
  readonly generatorUpdates: number
  /** Updates of the discriminator's optimizer. */
  readonly discriminatorUpdates: number
}

/** What `trainESRGAN` remembers beside the trainer's state. JSON. */
export interface ESRGANRunMeta {
  /** Every roll-back so far, in order. */
  readonly rollBacks: readonly RollBack[]
  /** Steps in a row that looked like a collapse. */
  readonly suspicious: number
  /** The counters of the state to roll back to, whose tensors stand under `run/good/`; absent where it is this state. */
  readonly good?: ESRGANCounters
  /** Where each stage was best; the weights stand under `run/best/<stage>/`. */
  readonly best: Readonly<Partial<Record<ESRGANStage, ESRGANBestMeta>>>
}

/** Where validation found a stage best. */
export interface ESRGANBestMeta {
  /** The step after which it was measured, counted from 1. */
  readonly step: number
  /** The measured values. */
  readonly values: Readonly<Record<string, number>>
}

/** Everything that decides how training goes on, outside any backend. `meta` is JSON. */
export interface ESRGANTrainerState {
  /** Weights, running statistics, optimizer slots and averages; under `run/` what `trainESRGAN` adds. */
  readonly tensors: NamedTensors
  /** The counters that belong to them. */
  readonly meta: ESRGANCounters & {
    /** What `trainESRGAN` adds; a trainer leaves it alone. */
    readonly run?: ESRGANRunMeta
  }
}

/** Tensor names that begin so are `trainESRGAN`'s, not the trainer's. */
export const runPrefix = 'run'

/** The tensors with `prefix/` before their names. */
export const prefixed = (prefix: string, tensors: NamedTensors): [string, NamedTensor][] =>
  [...tensors].map(([name, value]) => [`${prefix}/${name}`, value])

/** The tensors under a prefix, without it. */
export function under(prefix: string, tensors: NamedTensors): NamedTensors {
  const own = [...tensors].filter(([name]) => name.startsWith(`${prefix}/`))
  return new Map(own.map(([name, value]) => [name.slice(prefix.length + 1), value]))
}

/** The tensors that are a trainer's own. */
export const withoutRun = (tensors: NamedTensors): NamedTensors =>
  new Map([...tensors].filter(([name]) => !name.startsWith(`${runPrefix}/`)))

type Shapes = Iterable<readonly [string, { readonly shape: readonly number[] }]>

const slots = (variables: NamedVariables): [string, { shape: readonly number[] }][] =>
  ['m', 'v'].flatMap((kind) =>
    [...variables].map(([name, { shape }]) => [`${kind}/${name}`, { shape }] as [string, { shape: readonly number[] }]),
  )

/** Name and shape of every tensor of a trainer's state. */
export function expectedState(
  generator: { readonly variables: NamedVariables; readonly trainable: NamedVariables },
  discriminator: { readonly variables: NamedVariables; readonly trainable: NamedVariables } | undefined,
  hasAverage: boolean,
): Map<string, { shape: readonly number[] }> {
  const shapes = new Map<string, { shape: readonly number[] }>()
  const add = (prefix: string, entries: Shapes): void => {
    for (const [name, { shape }] of entries) shapes.set(`${prefix}/${name}`, { shape })
  }
  add('generator', generator.variables)
  add('generator-adam', slots(generator.trainable))
  if (hasAverage) add('ema', generator.trainable)
  if (discriminator !== undefined) {
    add('discriminator', discriminator.variables)
    add('discriminator-adam', slots(discriminator.trainable))
  }
  return shapes
}
