/**
 * Shows that the synthetic task is about shape, not colour. For seeds 1 to 5, split by patient: a logistic regression on colour
 * histograms must stay below AUC .7, the Siamese network must exceed .9, and with shuffled training labels the mean of the
 * network's five AUCs must be .5 +- .1. The network sees what the pipeline's `quick` preset gives it, with plain bicubic
 * enlargement in the place of the generator: 64x64 pixels, x4. About ten minutes on two cores.
 *
 *   node scripts/run.mjs scripts/verify-synthetic.ts [seed ...]
 */
import '@tensorflow/tfjs-layers'
import { tensor4d } from '@tensorflow/tfjs-core'
import { resizeBicubic, resizeImage, splitByGroup, syntheticHistology, type ImageRecord } from '../src/data/index.js'
import { rocAuc } from '../src/metrics/index.js'
import { startBackend } from '../src/node/index.js'
import { presets } from '../src/pipeline/index.js'
import { createRandom } from '../src/random.js'
import { createSiamese, evaluateSiamese, trainSiamese, type ImageLoader } from '../src/siamese/index.js'
import { colourHistogram, logisticRegression } from './lib/colour-baseline.js'

const { inputSize, testFraction, siamese } = presets.quick
const side = 4 * inputSize
const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 3, 4, 5]
const label = ({ label }: ImageRecord): number => (label === 'malignant' ? 1 : 0)

/** Test AUC of a network trained on the given labels of the training records. */
async function networkAuc(
  pixels: ReadonlyMap<string, Uint8Array>,
  train: readonly ImageRecord[],
  labels: readonly number[],
  test: readonly ImageRecord[],
  seed: number,
): Promise<number> {
  const loader =
    (records: readonly ImageRecord[]): ImageLoader =>
    (indices) => {
      const size = side * side * 3
      const data = new Float32Array(indices.length * size)
      for (let k = 0; k < indices.length; k++) {
        const image = pixels.get(records[indices[k]!]!.id)!
        for (let i = 0; i < size; i++) data[k * size + i] = image[i]! / 255
      }
      return tensor4d(data, [indices.length, side, side, 3])
    }
  const { widths, embeddingSize, dropout, epochs, batchSize, learningRate, margin, lambda } = siamese
  using network = createSiamese({
    inputShape: [side, side, 3],
    embeddingSize,
    dropout,
    seed,
    ...(widths === undefined ? {} : { widths }),
  })
  const images = loader(train)
  await trainSiamese({ network, images, labels, epochs, batchSize, learningRate, margin, lambda, seed })
  return (await evaluateSiamese(network, { images: loader(test), labels: test.map(label) })).auc
}

console.log((await startBackend('wasm')).description)
const results: { colour: number; network: number; shuffled: number }[] = []
for (const seed of seeds) {
  const source = syntheticHistology({ seed })
  const histograms = new Map<string, Float64Array>()
  const pixels = new Map<string, Uint8Array>()
  for (const record of source.records) {
    const image = await source.read(record)
    histograms.set(record.id, colourHistogram(image))
    const low = resizeImage(image, { width: inputSize, height: inputSize })
    pixels.set(record.id, resizeBicubic(low, { scale: 4 }).data as Uint8Array)
  }
  const { train, test } = splitByGroup(source.records, { testFraction, seed })
  const rows = (records: readonly ImageRecord[]): Float64Array[] => records.map(({ id }) => histograms.get(id)!)
  const colour = rocAuc(test.map(label), logisticRegression(rows(train), train.map(label), rows(test)))
  const started = Date.now()
  const network = await networkAuc(pixels, train, train.map(label), test, seed)
  const seconds = (Date.now() - started) / 1000
  const shuffledLabels = createRandom(seed, 'shuffled labels').shuffle(train.map(label))
  const shuffled = await networkAuc(pixels, train, shuffledLabels, test, seed)
  results.push({ colour, network, shuffled })
  console.log(
    `seed ${seed}: AUC colour ${colour.toFixed(3)}, network ${network.toFixed(3)} (${seconds.toFixed(0)} s), ` +
      `shuffled labels ${shuffled.toFixed(3)} on ${test.length} images of unseen patients`,
  )
}
const mean = results.reduce((sum, { shuffled }) => sum + shuffled, 0) / results.length
const checks: [string, boolean][] = [
  ['colour stays below .7 on every seed', results.every(({ colour }) => colour < 0.7)],
  ['the network exceeds .9 on every seed', results.every(({ network }) => network > 0.9)],
  [`shuffled labels: mean ${mean.toFixed(3)} is .5 +- .1`, Math.abs(mean - 0.5) <= 0.1],
]
for (const [name, passed] of checks) console.log(`${passed ? 'passed' : 'FAILED'}  ${name}`)
process.exit(checks.every(([, passed]) => passed) ? 0 : 1)
