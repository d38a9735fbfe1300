/**
 * Trains an ESRGAN of fewer than 0.6 M parameters, without skip, on real BreaKHis images (100x) on wasm: the PSNR stage
 * from random weights, with the PSNR (Y, crop 4) of held-out patients every 100 steps beside bicubic interpolation; then
 * the GAN stage at patch 64 with VGG19. Goals: above bicubic after the PSNR stage; after the GAN stage a VGG feature
 * distance at least 10 % below the PSNR stage's and a ratio of Laplacian energy nearer to 1. Exits 1 short of a goal.
 * Writes out/esrgan: report.md, report.json, curve.png, panel.png, both generators. Ctrl-C stops after the step; the same
 * command goes on from there. The PSNR stage in PyTorch: test/reference/esrgan_recipe.py.
 *
 *   npm run verify:esrgan [-- --psnr-steps N --gan-steps N --seed N --out DIR]
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { conv2d, expandDims, mean, square, tensor4d, tidy, transpose, type Tensor4D } from '@tensorflow/tfjs-core'
import { crop, modCrop, patchSampler, resizeBicubic, splitByGroup } from '../src/data/index.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  loadVGGFeatures,
  saveGenerator,
  trainESRGAN,
  upscale,
  type ESRGANTrainerState,
  type TrainESRGANOptions,
} from '../src/esrgan/index.js'
import { imageToTensor, type PixelImage } from '../src/image.js'
import { createPerceptualLoss } from '../src/losses/index.js'
import { psnr, ssim } from '../src/metrics/index.js'
import { fileModel, folderStore, loadBreaKHis, rasterize, startBackend } from '../src/node/index.js'
import { packCheckpoint, unpackCheckpoint } from '../src/pipeline/checkpoint.js'
import { cosineRate, type ProgressEvent } from '../src/training/index.js'
import { curveFigure, stagesFigure, type CurvePoint } from './lib/esrgan-figures.js'

const { values: settings } = parseArgs({
  options: {
    'psnr-steps': { type: 'string', default: '4000' },
    'gan-steps': { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    data: { type: 'string', default: '../shared/data/BreaKHis_v1' },
    vgg: { type: 'string', default: '../shared/data/vgg19/model.json' },
    out: { type: 'string', default: 'out/esrgan' },
  },
})
const [psnrSteps, ganSteps, seed] = [settings['psnr-steps'], settings['gan-steps'], settings.seed].map(Number) as [
  number,
  number,
  number,
]
const scale = 4
const [batchSize, patchSize] = [4, 64]
const rates = { psnr: cosineRate(1e-3, psnrSteps), gan: cosineRate(1e-4, ganSteps) }
const comparison = { channel: 'y', crop: scale } as const
/** VGG19 sees the middle of each image. */
const window = 256
const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const { description: backend } = await startBackend('wasm')
const source = await loadBreaKHis(settings.data, { magnifications: [100] })
const split = splitByGroup(source.records, { testFraction: 0.2, seed })
const patients = (records: typeof split.test): string[] => [...new Set(records.map(({ patient }) => patient))].sort()
const train = await Promise.all(split.train.map((record) => source.read(record)))
/** One image of each held-out patient: the first by name. */
const held = patients(split.test).map((name) =>
  split.test.filter(({ patient }) => patient === name).reduce((a, b) => (a.id < b.id ? a : b)),
)
const truths = await Promise.all(held.map(async (record) => modCrop(await source.read(record), scale)))
const smalls = truths.map((truth) => resizeBicubic(truth, { scale: 1 / scale }))
const bicubic = smalls.map((small) => resizeBicubic(small, { scale }))

using generator = createRRDBGenerator({ blocks: 3, features: 32, growth: 16, seed })
using discriminator = createDiscriminator({ patchSize, seed })
const features = await loadVGGFeatures(fileModel(settings.vgg), { featureScale: 1 / 12.75 })

/** What is measured of a whole set of super-resolved images. */
interface Measures {
  readonly psnr: number
  readonly ssim: number
  /** Mean absolute difference of VGG19 features of the middle windows, in the extractor's units. */
  readonly vggDistance: number
  /** Mean squared Laplacian over that of the truth. */
  readonly laplacianRatio: number
}

const middle = (image: PixelImage): PixelImage =>
  crop(image, {
    top: (image.height - window) >> 1,
    left: (image.width - window) >> 1,
    width: window,
    height: window,
  })
const batchOf = (image: PixelImage): Tensor4D => tidy(() => expandDims(imageToTensor(image), 0) as Tensor4D)
const laplacian = [0, 1, 0, 1, -4, 1, 0, 1, 0]

/** Mean over pixels and channels of the squared 3x3 Laplacian. */
const laplacianEnergy = (image: PixelImage): number =>
  tidy(() => {
    const channels = transpose(batchOf(image), [3, 1, 2, 0]) as Tensor4D
    return mean(square(conv2d(channels, tensor4d(laplacian, [3, 3, 1, 1]), 1, 'valid'))).dataSync()[0]!
  })

function measure(images: readonly PixelImage[]): Measures {
  const distance = createPerceptualLoss(features)
  return {
    psnr: average(images.map((image, i) => psnr(truths[i]!, image, comparison))),
    ssim: average(images.map((image, i) => ssim(truths[i]!, image, comparison))),
    vggDistance: average(
      images.map((image, i) =>
        tidy(() => distance(batchOf(middle(image)), batchOf(middle(truths[i]!))).dataSync()[0]!),
      ),
    ),
    laplacianRatio: average(images.map(laplacianEnergy)) / average(truths.map(laplacianEnergy)),
  }
}

const superResolved = async (): Promise<PixelImage[]> => {
  const images: PixelImage[] = []
  for (const small of smalls) images.push(await upscale(generator, small, { tile: 192 }))
  return images
}

const lines = [
  `${source.description}, split by patient (seed ${seed}): trained on ${train.length} images of ${patients(split.train).length} patients, held out ${held.length} images, one of each of ${held.length} other patients`,
  `RRDB generator of ${generator.parameterCount} parameters without skip, from random weights · ${backend}`,
  `PSNR stage: ${psnrSteps} steps, batch ${batchSize}, patch ${patchSize}, Adam 1e-3 by cosine; GAN stage: ${ganSteps} steps, 1e-4 by cosine, VGG19 ${features.description}`,
]
for (const line of lines) console.log(line)
const bicubicMeasures = measure(bicubic)
console.log(`bicubic: ${bicubicMeasures.psnr.toFixed(3)} dB / ${bicubicMeasures.ssim.toFixed(4)}`)

const controller = new AbortController()
process.once('SIGINT', () => {
  console.log('stopping after this step; the same command goes on from there')
  controller.abort(new Error('stopped'))
})
const store = folderStore(join(settings.out, 'state'))
const curve: (CurvePoint & { readonly seconds: number })[] = []
const rollBacks: unknown[] = []

/** One stage, from where an earlier run of the same settings stopped. */
async function stage(name: 'psnr' | 'gan', steps: number, options: Partial<TrainESRGANOptions>): Promise<void> {
  const key = `${name}-${psnrSteps}-${ganSteps}-${seed}.safetensors`
  const saved = await store.get(key)
  const past = saved === undefined ? undefined : unpackCheckpoint(saved, key)
  const before = past?.values as { meta: ESRGANTrainerState['meta']; curve: typeof curve; seconds: number } | undefined
  if (before !== undefined) curve.push(...before.curve.filter((point) => point.stage === name))
  const started = Date.now() - (before?.seconds ?? 0) * 1000
  const sampler = patchSampler({ images: train, patchSize, batchSize, scale, seed: 2 * seed + Number(name === 'gan') })
  let [losses, count] = [0, 0]
  const result = await trainESRGAN({
    generator,
    batch: (step) => sampler.step(step),
    psnrSteps: 0,
    ganSteps: 0,
    seed,
    validation: { every: 100, images: truths.map((hr, i) => ({ lr: smalls[i]!, hr })) },
    saveSeconds: 120,
    ...(past === undefined ? {} : { resume: { tensors: past.groups['esrgan']!, meta: before!.meta } }),
    onSave: async ({ tensors, meta }) => {
      const values = { meta, curve, seconds: (Date.now() - started) / 1000 }
      await store.set(key, packCheckpoint({ groups: { esrgan: tensors }, values }))
    },
    onProgress: ({ step, values = {}, secondsLeft, notice }: ProgressEvent) => {
      if (notice !== undefined) {
        console.log(notice)
        // The steps after it are done again.
        while (curve.at(-1)?.stage === name && curve.at(-1)!.step > step) curve.pop()
      }
      losses += values['total'] ?? 0
      count++
      const value = values['validation/psnr']
      if (value === undefined) return
      const seconds = (Date.now() - started) / 1000
      curve.push({ stage: name, step, psnr: value, seconds })
      console.log(
        `${name} step ${step}: loss ${(losses / count).toFixed(5)}, held out ${value.toFixed(3)} dB ` +
          `(bicubic ${bicubicMeasures.psnr.toFixed(3)}), ${seconds.toFixed(0)} s, ${Math.ceil(secondsLeft / 60)} min left`,
      )
      ;[losses, count] = [0, 0]
    },
    signal: controller.signal,
    ...options,
    ...(name === 'psnr' ? { psnrSteps: steps, psnrRate: rates.psnr } : { ganSteps: steps, ganRate: rates.gan }),
  }).catch((error: unknown) => {
    if (!controller.signal.aborted) throw error
    console.log('stopped; the state is saved')
    process.exit(1)
  })
  rollBacks.push(...result.rollBacks)
}

await mkdir(settings.out, { recursive: true })
await stage('psnr', psnrSteps, {})
const psnrImages = await superResolved()
const psnrMeasures = measure(psnrImages)
await writeFile(join(settings.out, 'psnr.safetensors'), await saveGenerator(generator))
await stage('gan', ganSteps, { discriminator, features })
const ganImages = await superResolved()
const ganMeasures = measure(ganImages)
await writeFile(join(settings.out, 'gan.safetensors'), await saveGenerator(generator))

const rows: [string, Measures][] = [
  ['bicubic', bicubicMeasures],
  ['PSNR stage', psnrMeasures],
  ['GAN stage', ganMeasures],
]
const away = ({ laplacianRatio }: Measures): number => Math.abs(Math.log(laplacianRatio))
const drop = 1 - ganMeasures.vggDistance / psnrMeasures.vggDistance
const goals: [string, boolean][] = [
  [
    `PSNR stage above bicubic: ${psnrMeasures.psnr.toFixed(2)} dB, bicubic ${bicubicMeasures.psnr.toFixed(2)} dB`,
    psnrMeasures.psnr > bicubicMeasures.psnr,
  ],
  [`GAN stage: VGG feature distance ${(100 * drop).toFixed(1)} % below the PSNR stage's (goal: 10 %)`, drop >= 0.1],
  [
    `GAN stage: ratio of Laplacian energy nearer to 1: ${psnrMeasures.laplacianRatio.toFixed(3)} -> ${ganMeasures.laplacianRatio.toFixed(3)}`,
    away(ganMeasures) < away(psnrMeasures),
  ],
]
const table = [
  '| | PSNR (dB) | SSIM | VGG feature distance | Laplacian energy / truth |',
  '|---|---|---|---|---|',
  ...rows.map(
    ([name, each]) =>
      `| ${name} | ${each.psnr.toFixed(3)} | ${each.ssim.toFixed(4)} | ${each.vggDistance.toFixed(4)} | ${each.laplacianRatio.toFixed(3)} |`,
  ),
]
const measured = `PSNR and SSIM on Y, crop ${scale}, means over images; VGG19, whose features are also what the GAN stage is trained by, on the middle ${window}x${window} of each. The generator never saw these patients, and its weights are the last ones, not the best on them. The recipe was tried beforehand in PyTorch with another split, of which some held-out patients (2 of 6 at seed 1) are held out here, too.`
const figures = {
  curve: await curveFigure(curve, bicubicMeasures.psnr, lines),
  panel: await stagesFigure(
    ['input (1/4 size)', 'bicubic x4', 'PSNR stage', 'GAN stage', 'original'],
    held.slice(0, 4).map((record, i) => {
      const side = 96
      const area = { top: 180, left: 300, width: side, height: side }
      const images = [bicubic[i]!, psnrImages[i]!, ganImages[i]!]
      const small = { top: area.top / scale, left: area.left / scale, width: side / scale, height: side / scale }
      return {
        caption: record.id,
        lr: crop(smalls[i]!, small),
        images: [...images, truths[i]!].map((image) => crop(image, area)),
        notes: images.map((image) => `${psnr(truths[i]!, image, comparison).toFixed(2)} dB`),
      }
    }),
    lines,
  ),
}
for (const [name, svg] of Object.entries(figures)) {
  await writeFile(join(settings.out, `${name}.svg`), svg)
  await writeFile(join(settings.out, `${name}.png`), rasterize(svg))
}
const verdicts = goals.map(([goal, isReached]) => `${isReached ? 'reached' : 'MISSED'}: ${goal}`)
const report = [
  '# ESRGAN trained on real BreaKHis images',
  lines.join('  \n'),
  table.join('\n'),
  measured,
  verdicts.map((verdict) => `- ${verdict}`).join('\n'),
  ...(rollBacks.length === 0 ? [] : [`Roll-backs: ${JSON.stringify(rollBacks)}`]),
  '![held-out PSNR while training](curve.png)',
  '![crops of held-out images](panel.png)',
].join('\n\n')
await writeFile(join(settings.out, 'report.md'), `${report}\n`)
await writeFile(
  join(settings.out, 'report.json'),
  `${JSON.stringify({ protocol: lines, settings, results: Object.fromEntries(rows), rollBacks, curve }, null, 2)}\n`,
)
await rm(join(settings.out, 'state'), { recursive: true, force: true })
features.dispose()
console.log(
  `\n${table.join('\n')}\n${measured}\n\n${verdicts.join('\n')}\n${settings.out}/report.md, panel.png, curve.png`,
)
process.exit(goals.every(([, isReached]) => isReached) ? 0 : 1)
