/**
 * Shows that the synthetic task is about shape, not colour. For seeds 1 to 5, split by patient: a logistic regression on
 * colour histograms must stay below AUC .7, the whole `quick` pipeline must exceed .9, and with shuffled labels the mean
 * of five AUCs must be .5 +- .1 (their generator, which sees no labels, trains for a few steps only). About fifteen
 * minutes on two cores.
 *
 *   npm run verify:synthetic [-- seed ...]
 */
import { splitByGroup, syntheticHistology, type ImageRecord, type ImageSource } from '../src/data/index.js'
import { rocAuc } from '../src/metrics/index.js'
import { startBackend } from '../src/node/index.js'
import { presets, trainPipeline, type PipelineOptions } from '../src/pipeline/index.js'
import { createRandom } from '../src/random.js'
import { colourHistogram, logisticRegression } from './lib/colour-baseline.js'

const { testFraction } = presets.quick
const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 3, 4, 5]
const label = ({ label }: ImageRecord): number => (label === 'malignant' ? 1 : 0)

/** Test AUC of colour alone, on the pipeline's own split. */
async function colourAuc(source: ImageSource, seed: number): Promise<number> {
  const { train, test } = splitByGroup(source.records, { testFraction, seed })
  const histograms = async (records: readonly ImageRecord[]): Promise<Float64Array[]> => {
    const rows: Float64Array[] = []
    for (const record of records) rows.push(colourHistogram(await source.read(record)))
    return rows
  }
  const scores = logisticRegression(await histograms(train), train.map(label), await histograms(test))
  return rocAuc(test.map(label), scores)
}

/** The same pictures and patients, with the labels dealt out anew. */
function shuffledLabels(source: ImageSource, seed: number): ImageSource {
  const labels = createRandom(seed, 'shuffled labels').shuffle(source.records.map(({ label }) => label))
  const original = new Map(source.records.map((record) => [record.id, record]))
  return {
    kind: 'synthetic',
    description: `${source.description}, labels shuffled`,
    records: source.records.map((record, i) => ({ ...record, label: labels[i]! })),
    read: ({ id }) => source.read(original.get(id)!),
  }
}

const pipelineAuc = async (
  data: ImageSource,
  seed: number,
  esrgan: NonNullable<PipelineOptions['esrgan']> = {},
): Promise<number> => (await trainPipeline({ data, seed, esrgan })).report.results.overall.auc!

console.log((await startBackend('wasm')).description)
const results: { colour: number; pipeline: number; shuffled: number }[] = []
for (const seed of seeds) {
  const source = syntheticHistology({ seed })
  const colour = await colourAuc(source, seed)
  const started = Date.now()
  const pipeline = await pipelineAuc(source, seed)
  const seconds = (Date.now() - started) / 1000
  const shuffled = await pipelineAuc(shuffledLabels(source, seed), seed, { psnrSteps: 5, ganSteps: 1 })
  results.push({ colour, pipeline, shuffled })
  console.log(
    `seed ${seed}: test AUC of colour ${colour.toFixed(3)}, pipeline ${pipeline.toFixed(3)} (${seconds.toFixed(0)} s), ` +
      `pipeline on shuffled labels ${shuffled.toFixed(3)}`,
  )
}
const mean = results.reduce((sum, { shuffled }) => sum + shuffled, 0) / results.length
const checks: [string, boolean][] = [
  ['colour stays below .7 on every seed', results.every(({ colour }) => colour < 0.7)],
  ['the pipeline exceeds .9 on every seed', results.every(({ pipeline }) => pipeline > 0.9)],
  [`shuffled labels: the mean AUC ${mean.toFixed(3)} is .5 +- .1`, Math.abs(mean - 0.5) <= 0.1],
]
for (const [name, passed] of checks) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
process.exit(checks.every(([, passed]) => passed) ? 0 : 1)
