/**
 * Shows that the wasm backend's own convolutions train as the composed kernels of tfjs do: the PSNR stage of the `quick`
 * preset, 200 steps from the same weights on the same patches of synthetic tissue, by tfjs's composed kernels, by
 * `precision: 'exact'` and by `'fast'`. The final loss (mean of the last 20 steps) of `exact` must be within 1 % of that of
 * the composed kernels. Writes out/precision: curve.png, report.json. Exits 1 where the goal is missed.
 *
 *   npm run verify:precision [-- --steps N --seed N]
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { getKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import { ownKernels } from '../src/backend/ops/ownKernel.js'
import { forceAlgorithm } from '../src/backend/wasm/native/choice.js'
import { setWasmPrecision } from '../src/backend/wasm/precision.js'
import { patchSampler, syntheticHistology } from '../src/data/index.js'
import { createRRDBGenerator, trainESRGAN } from '../src/esrgan/index.js'
import { titledChart } from '../src/figures/renderChart.js'
import { colours } from '../src/figures/style.js'
import { rasterize, startBackend } from '../src/node/index.js'
import { presets } from '../src/pipeline/index.js'

const { values: settings } = parseArgs({
  options: { steps: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
})
const [steps, seed] = [Number(settings.steps), Number(settings.seed)]
const out = 'out/precision'
const { blocks, features, growth, bicubicSkip, psnrPatch, psnrRate, batchSize } = presets.quick.esrgan
const imageCount = 8

/** What computes a run. `composed` has nothing of this package's threaded kernels. */
const ways = ['composed', 'exact', 'fast'] as const
type Way = (typeof ways)[number]

/** Has the coming step computed one way. Training puts missing kernels back when it starts. */
function computeBy(way: Way): void {
  forceAlgorithm(way === 'composed' ? 'composed' : undefined)
  if (way !== 'composed') return setWasmPrecision(way)
  for (const name of [ownKernels.residualDenseBlock, ownKernels.residualDenseBlockGrad]) {
    if (getKernel(name, 'wasm')) unregisterKernel(name, 'wasm')
  }
}

const { description } = await startBackend('wasm')
const source = syntheticHistology({ seed })
const images = await Promise.all(source.records.slice(0, imageCount).map((record) => source.read(record)))

/** The loss of every step, and the seconds of all. */
async function train(way: Way): Promise<{ losses: number[]; seconds: number }> {
  using generator = createRRDBGenerator({ blocks, features, growth, bicubicSkip, seed })
  const sampler = patchSampler({ images, patchSize: psnrPatch, batchSize, scale: 4, seed })
  const losses: number[] = []
  const started = performance.now()
  await trainESRGAN({
    generator,
    batch: (step) => {
      computeBy(way)
      return sampler.step(step)
    },
    psnrSteps: steps,
    ganSteps: 0,
    psnrRate,
    seed,
    onProgress: ({ values = {} }) => {
      const total = values['total']
      if (total !== undefined) losses.push(total)
    },
  })
  return { losses, seconds: (performance.now() - started) / 1000 }
}

const runs: Partial<Record<Way, { losses: number[]; seconds: number }>> = {}
for (const way of ways) runs[way] = await train(way)

const final = ({ losses }: { losses: number[] }): number =>
  losses.slice(-20).reduce((sum, loss) => sum + loss, 0) / losses.slice(-20).length
const reference = runs.composed!
const rows = ways.map((way) => {
  const run = runs[way]!
  const furthest = Math.max(...run.losses.map((loss, i) => Math.abs(loss / reference.losses[i]! - 1)))
  return {
    way,
    steps: run.losses.length,
    final: final(run),
    off: final(run) / final(reference) - 1,
    furthest,
    seconds: run.seconds,
  }
})
console.log(`quick preset, PSNR stage, ${steps} steps, seed ${seed}, ${source.description}; ${description}`)
for (const { way, final: loss, off, furthest, seconds } of rows) {
  console.log(
    `${way.padEnd(8)} final loss ${loss.toPrecision(6)}, ${(100 * off).toFixed(4)} % off; single steps at most ` +
      `${(100 * furthest).toFixed(4)} % off; ${seconds.toFixed(1)} s`,
  )
}
await mkdir(out, { recursive: true })
const svg = await titledChart(
  'The same training by three ways of computing',
  [`quick preset, PSNR stage, seed ${seed}, synthetic tissue`, description],
  {
    width: 560,
    height: 280,
    data: { values: ways.flatMap((way) => runs[way]!.losses.map((loss, i) => ({ way, step: i + 1, loss }))) },
    mark: { type: 'line', strokeWidth: 1.5 },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step' },
      y: { field: 'loss', type: 'quantitative', title: 'L1 loss', scale: { zero: false } },
      color: {
        field: 'way',
        type: 'nominal',
        title: null,
        scale: { domain: [...ways], range: [colours.grey, colours.blue, colours.orange] },
      },
      strokeDash: {
        field: 'way',
        type: 'nominal',
        scale: {
          domain: [...ways],
          range: [
            [1, 0],
            [6, 4],
            [2, 3],
          ],
        },
      },
    },
  },
)
await writeFile(join(out, 'curve.png'), rasterize(svg))
await writeFile(join(out, 'report.json'), `${JSON.stringify({ settings, description, rows, runs }, null, 2)}\n`)
const isReached = Math.abs(rows[1]!.off) <= 0.01 && rows.every((row) => row.steps === steps)
console.log(
  `${isReached ? 'passed' : 'FAILED'}  exact: the final loss is within 1 % of that of the composed kernels; ${out}/curve.png`,
)
process.exit(isReached ? 0 : 1)
