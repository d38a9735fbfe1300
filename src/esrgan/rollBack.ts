import { areFinite, NonFiniteLossError } from '../training/index.js'
import {
  divergenceCriterion,
  DivergenceError,
  isFiniteState,
  suspicion,
  type DivergenceGuardOptions,
  type RollBack,
} from './guard.js'
import type { ESRGANBatch, ESRGANStage, ESRGANTrainer } from './trainer.js'
import { runPrefix, prefixed, under, type ESRGANRunMeta, type ESRGANTrainerState } from './trainerState.js'

/** Watches a trainer and takes it back to its last good state. */
export interface DivergenceGuard {
  /** Before a stage's first step of this run: remembers the present state unless one of this stage is remembered. */
  begin(stage: ESRGANStage): Promise<void>
  /** What the stage's learning rate is multiplied by. */
  rateFactor(stage: ESRGANStage): number
  /**
   * After a step: why training has diverged, or undefined; remembers the state where it is due. The weights that a stage's
   * last step leaves are looked at in any case: no further step would tell.
   */
  judge(stage: ESRGANStage, values: Readonly<Record<string, number>>, isLast: boolean): Promise<string | undefined>
  /** Goes back. @throws DivergenceError after too many times. */
  rollBack(stage: ESRGANStage, reason: string, cause?: unknown): RollBack
  /** Every roll-back so far, with those of earlier runs. */
  readonly rollBacks: readonly RollBack[]
  /** Adds to a state of the trainer what a resume needs. */
  addTo(state: ESRGANTrainerState): Pick<ESRGANRunMeta, 'rollBacks' | 'suspicious' | 'good'> & {
    readonly tensors: ReturnType<typeof prefixed>
  }
}

const stepsOf = ({ stage, psnrSteps, ganSteps }: ESRGANTrainerState['meta']): number =>
  stage === 'psnr' ? psnrSteps : ganSteps

const goodPrefix = `${runPrefix}/good`

/** The state to roll back to that a saved state brings along. */
function goodOf({ tensors, meta }: ESRGANTrainerState): ESRGANTrainerState | undefined {
  const { run, ...counters } = meta
  if (run === undefined) return undefined
  if (run.good !== undefined) return { tensors: under(goodPrefix, tensors), meta: run.good }
  const own = new Map([...tensors].filter(([name]) => !name.startsWith(`${runPrefix}/`)))
  return { tensors: own, meta: counters }
}

/** Guards the trainer, from where the resumed state stands, if there is one. */
export function createDivergenceGuard(
  trainer: ESRGANTrainer,
  options: DivergenceGuardOptions,
  resume: ESRGANTrainerState | undefined,
): DivergenceGuard {
  const criterion = divergenceCriterion(options)
  const rollBacks: RollBack[] = [...(resume?.meta.run?.rollBacks ?? [])]
  let suspicious = resume?.meta.run?.suspicious ?? 0
  let good = resume === undefined ? undefined : goodOf(resume)

  const inStage = (stage: ESRGANStage): RollBack[] => rollBacks.filter((each) => each.stage === stage)
  const done = (stage: ESRGANStage): number => (stage === 'psnr' ? trainer.psnrSteps : trainer.ganSteps)
  return {
    rollBacks,
    async begin(stage) {
      if (good?.meta.stage === stage) return
      good = await trainer.state()
      suspicious = 0
    },
    rateFactor: (stage) => inStage(stage).at(-1)?.rateFactor ?? 1,
    async judge(stage, values, isLast) {
      const sign = stage === 'gan' ? suspicion(values, criterion) : undefined
      suspicious = sign === undefined ? 0 : suspicious + 1
      if (suspicious >= criterion.patience) return `${sign}, and was as bad in ${suspicious} steps in a row`
      const isDue = suspicious === 0 && done(stage) % criterion.every === 0
      if (!isDue && !isLast) return undefined
      const state = await trainer.state()
      if (!isFiniteState(state.tensors)) return 'a weight or a value of the optimizer is not finite'
      if (isDue) good = state
      return undefined
    },
    rollBack(stage, reason, cause) {
      const step = done(stage)
      const to = stepsOf(good!.meta)
      const before = inStage(stage)
      trainer.load(good!)
      suspicious = 0
      if (before.length >= criterion.maxRollBacks) {
        throw new DivergenceError(stage, step, reason, to, before, cause === undefined ? {} : { cause })
      }
      const rateFactor = (before.at(-1)?.rateFactor ?? 1) * criterion.rateFactor
      const made: RollBack = { stage, step, to, reason, rateFactor }
      rollBacks.push(made)
      return made
    },
    addTo({ meta }) {
      const isThis = good === undefined || (good.meta.stage === meta.stage && stepsOf(good.meta) === stepsOf(meta))
      return {
        rollBacks: [...rollBacks],
        suspicious,
        ...(isThis ? {} : { good: good!.meta }),
        tensors: isThis ? [] : prefixed(goodPrefix, good!.tensors),
      }
    },
  }
}

/**
 * Why a step failed, where going back can help; otherwise the error is thrown again. A batch that itself holds values
 * that are not finite would fail again.
 */
export async function divergenceOf(error: unknown, { lr, hr }: ESRGANBatch): Promise<NonFiniteLossError> {
  if (!(error instanceof NonFiniteLossError)) throw error
  if (!(await areFinite({}, [new Map(Object.entries({ lr, hr }))]))) throw error
  return error
}
