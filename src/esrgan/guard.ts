import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import type { NamedTensors } from '../training/index.js'
import type { ESRGANStage } from './trainer.js'

/**
 * When training counts as diverged, and what happens then. A loss or gradient that is NaN or infinite always counts.
 *
 * So does the discriminator's collapse: its `relativistic` loss below `minimumLoss`, or a mean logit beyond
 * `maximumLogit`, in `patience` steps **in a row**. A loss L says that its mean logits of real and generated images are
 * at least -ln(e^L - 1) apart, 11.5 at 1e-5, where its gradient is 1e-5 of what it is between equals: it neither learns
 * nor tells the generator anything but its own noise. A single step proves nothing: in a published log of the GAN stage
 * (open-mmlab/mmagic, issue 82) the loss swings between 3e-6 and 2e-2 within two hundred steps, with mean logits up to
 * 41; the loss does not change when all logits move together.
 */
export interface DivergenceGuardOptions {
  /** Keep weights and optimizer state to roll back to after every so many steps without suspicion; default 100. They take as much memory as a saved state, outside the backend. */
  readonly every?: number
  /** Suspicious steps in a row that are a collapse; default 1000. `Infinity`: only values that are not finite count. */
  readonly patience?: number
  /** A discriminator loss below this is suspicious; default 1e-5. */
  readonly minimumLoss?: number
  /** A mean logit beyond this, of either sign, is suspicious; default 1000. */
  readonly maximumLogit?: number
  /** What the learning rate is multiplied by at every roll-back, for the rest of the stage, in (0, 1]; default 0.5. */
  readonly rateFactor?: number
  /** Roll-backs in one stage before it gives up; default 5. */
  readonly maxRollBacks?: number
}

/** One return to earlier weights. JSON. */
export interface RollBack {
  /** The stage. */
  readonly stage: ESRGANStage
  /** Steps done when training had diverged. */
  readonly step: number
  /** Steps done at the state that training went back to. */
  readonly to: number
  /** What was wrong, in words. */
  readonly reason: string
  /** What the stage's learning rate is multiplied by from here on. */
  readonly rateFactor: number
}

/** Training diverged again after as many roll-backs as the guard allows. The networks hold the last good weights. */
export class DivergenceError extends Error {
  /** `DivergenceError`. */
  override readonly name: string = 'DivergenceError'
  /** The stage. */
  readonly stage: ESRGANStage
  /** Steps done when training had diverged for the last time. */
  readonly step: number
  /** The roll-backs of this stage, in order. */
  readonly rollBacks: readonly RollBack[]
  constructor(
    stage: ESRGANStage,
    step: number,
    reason: string,
    good: number,
    rollBacks: readonly RollBack[],
    options?: ErrorOptions,
  ) {
    const after = rollBacks.length === 0 ? '' : ` again, after ${rollBacks.length} roll-backs to lower learning rates`
    super(
      `${stage} stage: training diverged${after}: ${reason}, with ${step} steps done. ` +
        `The networks hold the weights of ${good} steps. Lower the learning rate, or look at the batches`,
      options,
    )
    this.stage = stage
    this.step = step
    this.rollBacks = rollBacks
  }
}

/** The options with defaults filled in. */
export type DivergenceCriterion = Required<DivergenceGuardOptions>

/** Fills in the defaults and checks every option. */
export function divergenceCriterion({
  every = 100,
  patience = 1000,
  minimumLoss = 1e-5,
  maximumLogit = 1000,
  rateFactor = 0.5,
  maxRollBacks = 5,
}: DivergenceGuardOptions = {}): DivergenceCriterion {
  requireInteger('options.guard.every', every, 1)
  if (patience !== Infinity) requireInteger('options.guard.patience', patience, 1)
  requireRange('options.guard.minimumLoss', minimumLoss, 0, Infinity)
  requireRange('options.guard.maximumLogit', maximumLogit, 0, Infinity)
  if (!(rateFactor > 0 && rateFactor <= 1)) {
    throw new ArgumentError('options.guard.rateFactor', 'be a number in (0, 1]', rateFactor)
  }
  requireInteger('options.guard.maxRollBacks', maxRollBacks, 0)
  return { every, patience, minimumLoss, maximumLogit, rateFactor, maxRollBacks }
}

/** What is suspicious about the values of a step, in words. */
export function suspicion(
  values: Readonly<Record<string, number>>,
  { minimumLoss, maximumLogit }: Pick<DivergenceCriterion, 'minimumLoss' | 'maximumLogit'>,
): string | undefined {
  const loss = values['discriminator/relativistic']
  const [real, fake] = [values['discriminator/real'], values['discriminator/fake']]
  const apart =
    real === undefined || fake === undefined
      ? ''
      : ` (mean logits ${real.toPrecision(3)} of real, ${fake.toPrecision(3)} of generated images)`
  if (loss !== undefined && loss < minimumLoss) {
    return `the discriminator's loss is ${loss.toPrecision(3)}${apart}`
  }
  if ([real, fake].some((logit) => logit !== undefined && Math.abs(logit) > maximumLogit)) {
    return `the discriminator's logits explode${apart}`
  }
  return undefined
}

/** Whether every value of every tensor is finite. */
export function isFiniteState(tensors: NamedTensors): boolean {
  for (const { data } of tensors.values()) {
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i]!)) return false
  }
  return true
}
