import { getWeights, type NamedTensors } from '../training/index.js'
import type { Generator } from './generator.js'
import type { ESRGANStage } from './trainer.js'
import { prefixed, runPrefix, under, type ESRGANBestMeta, type ESRGANTrainerState } from './trainerState.js'
import type { ESRGANValidation } from './validate.js'

/** The generator's weights where validation found a stage best: the averaged ones where `ema` was on. */
export interface ESRGANBest extends ESRGANBestMeta {
  /** By name, for `setWeights` or `interpolateWeights`. */
  readonly weights: NamedTensors
}

/** The best weights of each stage that was validated. */
export type ESRGANBestByStage = Readonly<Partial<Record<ESRGANStage, ESRGANBest>>>

/** Remembers the best weights of each stage. */
export interface BestKeeper {
  /** Looks at new values, measured with the weights that the generator holds now; keeps them where they are better. */
  offer(stage: ESRGANStage, step: number, values: Readonly<Record<string, number>>): Promise<void>
  readonly best: ESRGANBestByStage
  /** What a saved state holds of it. */
  state(): {
    readonly meta: Partial<Record<ESRGANStage, ESRGANBestMeta>>
    readonly tensors: ReturnType<typeof prefixed>
  }
}

const prefixOf = (stage: string): string => `${runPrefix}/best/${stage}`

/**
 * Keeps the best, from where the resumed state stands. Of equal values the earlier one stays; one that was found by a value of
 * another name does not.
 */
export function createBestKeeper(
  generator: Generator,
  { best: name = 'psnr', lowerIsBetter = false }: Pick<ESRGANValidation, 'best' | 'lowerIsBetter'>,
  resume: ESRGANTrainerState | undefined,
): BestKeeper {
  const best: Partial<Record<ESRGANStage, ESRGANBest>> = {}
  for (const [stage, meta] of Object.entries(resume?.meta.run?.best ?? {})) {
    best[stage as ESRGANStage] = { ...meta, weights: under(prefixOf(stage), resume!.tensors) }
  }
  return {
    best,
    async offer(stage, step, values) {
      const value = values[name]!
      // JSON has no Infinity: an infinite PSNR comes back as null.
      const kept = best[stage]?.values ?? {}
      const before = name in kept ? (kept[name] ?? (lowerIsBetter ? -Infinity : Infinity)) : undefined
      const isBetter = before === undefined ? !Number.isNaN(value) : lowerIsBetter ? value < before : value > before
      if (isBetter) best[stage] = { step, values, weights: await getWeights(generator.trainable) }
    },
    state() {
      const found = Object.entries(best)
      return {
        meta: Object.fromEntries(found.map(([stage, { step, values }]) => [stage, { step, values }])),
        tensors: found.flatMap(([stage, { weights }]) => prefixed(prefixOf(stage), weights)),
      }
    },
  }
}
