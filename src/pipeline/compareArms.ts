import { aucOfRows, delongTest, mcNemarTest } from '../metrics/index.js'
import { intervalByPatient } from './intervalByPatient.js'
import { armNames } from './options.js'
import type { ArmComparison, RunResult } from './resultTypes.js'

type Delong = NonNullable<ArmComparison['auc']>['delong']
type RowStatistic = ReturnType<typeof aucOfRows>

/** The paired tests between two runs on the same test images. */
function compare(a: RunResult, b: RunResult, seed: number): ArmComparison {
  const scores = [a, b].map(({ predictions }) => predictions.map(({ score }) => score)) as [number[], number[]]
  const labels = a.predictions.map(({ label }) => label === 'malignant')
  const patients = a.predictions.map(({ patient }) => patient)
  const [rightA, rightB] = scores.map((values) => values.map((score, i) => score >= 0.5 === labels[i])) as [
    boolean[],
    boolean[],
  ]
  const gain = rightA.map((right, i) => Number(right) - Number(rightB[i]))
  const meanGain = (rows: ArrayLike<number>): number =>
    Array.from(rows).reduce((sum, i) => sum + gain[i]!, 0) / rows.length
  const { onlyA, onlyB, p } = mcNemarTest(rightA, rightB, { method: 'exact' })
  const pair = { split: a.split, a: a.arm, b: b.arm, head: 'sigmoid' } as const
  const accuracy = {
    difference: meanGain(labels.map((_, i) => i)),
    interval: intervalByPatient(patients, meanGain, seed),
    mcNemar: { onlyA, onlyB, p },
  }
  if (!labels.includes(true) || !labels.includes(false)) return { ...pair, accuracy, auc: null }
  const [aucA, aucB] = scores.map((values) => aucOfRows(labels, values)) as [RowStatistic, RowStatistic]
  const all = Int32Array.from(labels.keys())
  const aucGain = (rows: Int32Array): number => aucA(rows) - aucB(rows)
  return {
    ...pair,
    accuracy,
    auc: {
      difference: aucGain(all),
      interval: intervalByPatient(patients, aucGain, seed),
      delong: pairedDelong(labels, ...scores),
    },
  }
}

/** DeLong's paired test; null where it does not exist: fewer than two images of a class, or no variance. */
function pairedDelong(labels: readonly boolean[], a: readonly number[], b: readonly number[]): Delong {
  const malignant = labels.filter(Boolean).length
  if (Math.min(malignant, labels.length - malignant) < 2) return null
  const { variance, z, p } = delongTest(labels, a, b)
  return variance > 0 ? { z, p } : null
}

/** Every arm of each split against each simpler one: `esrgan`, `psnr`, `bicubic`, `none`. */
export function compareArms(runs: readonly RunResult[], seed: number): ArmComparison[] {
  const rank = ({ arm }: RunResult): number => armNames.indexOf(arm)
  return [...new Set(runs.map(({ split }) => split))].flatMap((split) => {
    const ofSplit = runs.filter((run) => run.split === split).sort((a, b) => rank(b) - rank(a))
    return ofSplit.flatMap((a, i) => ofSplit.slice(i + 1).map((b) => compare(a, b, seed)))
  })
}
