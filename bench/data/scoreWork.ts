import { averagePrecision, delongInterval, delongTest, rocAuc, rocCurve } from '../../src/metrics/index.js'
import { createRandom } from '../../src/random.js'
import { numbers } from '../tensorFolder.js'
import type { ScoresSpec } from './dataRows.js'
import type { DataWork } from './dataWork.js'

/** A third positive, and two scores that tell more and less of them; float32, as a network's are. */
function madeUpScores(count: number): { labels: Uint8Array; a: Float32Array; b: Float32Array } {
  const random = createRandom(0, 'bench', 'scores')
  const scores = { labels: new Uint8Array(count), a: new Float32Array(count), b: new Float32Array(count) }
  for (let i = 0; i < count; i++) {
    const label = random.integer(3) === 0 ? 1 : 0
    const shared = random.normal()
    scores.labels[i] = label
    scores.a[i] = shared + label + 0.5 * random.normal()
    scores.b[i] = shared + 0.8 * label + 0.7 * random.normal()
  }
  return scores
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** What a row of scores measures, ready to run; a peer finds labels and scores in the folder. */
export async function createScoreWork({ kind, count }: ScoresSpec): Promise<DataWork> {
  const { labels, a, b } = madeUpScores(count)
  const compute = {
    auc: () => [rocAuc(labels, a)],
    'roc-curve': () => {
      const { fpr, tpr } = rocCurve(labels, a)
      return [fpr.length, sumOf(fpr), sumOf(tpr)]
    },
    'average-precision': () => [averagePrecision(labels, a)],
    delong: () => {
      const { auc, variance } = delongInterval(labels, a)
      return [auc, 1e6 * variance]
    },
    'delong-test': () => [delongTest(labels, a, b).z],
  }[kind]
  const shape = [count]
  return {
    about: 'made-up labels and float32 scores, a third positive',
    given: [
      ['labels', numbers(shape, labels)],
      ['a', numbers(shape, a)],
      ['b', numbers(shape, b)],
    ],
    async result() {
      const values = compute()
      return numbers([values.length], values)
    },
    run: async () => void compute(),
    dispose() {},
  }
}
