/**
 * Compares `estimateTrainingMemory` with what the wasm heap really grows to, each case in a fresh process:
 * node scripts/run.mjs scripts/verify-memory.ts [--json] [--only NAME;NAME]. Exits 1 where one is off by more than 25 %.
 */
import { spawnSync } from 'node:child_process'
import { dispose, randomUniform, type Tensor4D } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import {
  createDiscriminator,
  createESRGANTrainer,
  createRRDBGenerator,
  estimateTrainingMemory,
  loadVGGFeatures,
  randomFeatures,
  wasmMemory,
  type FeatureExtractor,
  type TrainingMemoryOptions,
} from 'esrgan-scnn'
import { startBackend } from 'esrgan-scnn/node'

/** How far the measured peak may be from the estimate. */
const tolerance = 0.25

const quick = { blocks: 2, features: 16, growth: 8, bicubicSkip: true } as const
const small = { blocks: 3, features: 32, growth: 16 } as const

const cases: Readonly<Record<string, TrainingMemoryOptions>> = {
  'nb=23, patch 128, batch 1': { patchSize: 128, batchSize: 1 },
  'nb=23, checkpointed, batch 2': { generator: { checkpoint: true }, patchSize: 128, batchSize: 2 },
  'nb=23, batch 4 in parts of 1, EMA': { patchSize: 128, batchSize: 4, microBatch: 1, ema: true },
  'nb=23, checkpointed, GAN, VGG19': {
    stage: 'gan',
    generator: { checkpoint: true },
    features: 'vgg19',
    patchSize: 128,
    batchSize: 2,
    microBatch: 1,
  },
  'nb=3, GAN, discriminator 128': { stage: 'gan', generator: small, patchSize: 128, batchSize: 2 },
  'nb=3, patch 128, batch 4': { generator: small, patchSize: 128, batchSize: 4 },
  'nb=3, batch 8 in parts of 2': { generator: small, patchSize: 128, batchSize: 8, microBatch: 2 },
  'quick preset, PSNR stage': { generator: quick, patchSize: 64, batchSize: 8 },
  'quick preset, GAN stage': {
    stage: 'gan',
    generator: quick,
    discriminator: { features: 16 },
    features: 'random',
    patchSize: 32,
    batchSize: 8,
  },
}

/** VGG19's layers with zeros for weights: as large as the real ones. */
async function zeroVGG19(): Promise<FeatureExtractor> {
  const network = sequential()
  for (const [stage, [filters, count]] of [
    [64, 2],
    [128, 2],
    [256, 4],
    [512, 4],
    [512, 4],
  ].entries()) {
    for (let k = 1; k <= count!; k++) {
      network.add(
        layers.conv2d({
          name: `block${stage + 1}_conv${k}`,
          filters: filters!,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          kernelInitializer: 'zeros',
          ...(stage === 0 && k === 1 ? { inputShape: [null, null, 3] } : {}),
        }),
      )
    }
    network.add(layers.maxPooling2d({ name: `block${stage + 1}_pool`, poolSize: 2, strides: 2 }))
  }
  const features = await loadVGGFeatures(network)
  network.dispose()
  return features
}

/** Trains two steps and says how large the heap has become. */
async function measure(options: TrainingMemoryOptions): Promise<number> {
  const { stage = 'psnr', patchSize, batchSize, microBatch, ema, features } = options
  const generator = createRRDBGenerator(options.generator)
  const discriminator = stage === 'gan' ? createDiscriminator({ ...options.discriminator, patchSize }) : undefined
  const extractor = features === 'vgg19' ? await zeroVGG19() : features === 'random' ? randomFeatures() : undefined
  const trainer = createESRGANTrainer({
    generator,
    ...(discriminator === undefined ? {} : { discriminator }),
    ...(extractor === undefined ? {} : { features: extractor }),
    ...(microBatch === undefined ? {} : { microBatch }),
    ...(ema === true ? { ema: 0.999 } : {}),
  })
  const pictures = (side: number): Tensor4D => randomUniform([batchSize, side, side, 3], 0, 1, 'float32', 1)
  for (let step = 0; step < 2; step++) {
    const batch = { lr: pictures(patchSize / generator.config.scale), hr: pictures(patchSize) }
    await (stage === 'gan' ? trainer.ganStep(batch, 1e-4) : trainer.psnrStep(batch, 1e-4))
    dispose([batch.lr, batch.hr])
  }
  return wasmMemory()!.heapBytes
}

interface Row {
  readonly name: string
  readonly estimate: number
  readonly measured: number
  /** Measured over estimated. */
  readonly ratio: number
}

const [command, argument] = process.argv.slice(2)
if (command === '--measure') {
  await startBackend('wasm', { threads: 2 })
  console.log(await measure(cases[argument!]!))
} else {
  const args = process.argv.slice(2)
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1]!.split(';') : Object.keys(cases)
  const rows: Row[] = []
  for (const name of only) {
    if (!(name in cases)) throw new Error(`no case "${name}"; there are: ${Object.keys(cases).join('; ')}`)
    const child = spawnSync(process.execPath, [process.argv[1]!, '--measure', name], { encoding: 'utf8' })
    if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`)
    const estimate = estimateTrainingMemory(cases[name]!).bytes
    const measured = Number(child.stdout)
    rows.push({ name, estimate, measured, ratio: measured / estimate })
    if (!args.includes('--json')) {
      const megabytes = [estimate, measured].map((bytes) => (bytes / 2 ** 20).toFixed(0).padStart(6))
      console.log(
        `${name.padEnd(36)} estimate ${megabytes[0]} MiB  measured ${megabytes[1]} MiB  ratio ${(measured / estimate).toFixed(2)}`,
      )
    }
  }
  if (args.includes('--json')) console.log(JSON.stringify(rows))
  if (rows.some(({ ratio }) => !(Math.abs(ratio - 1) <= tolerance))) process.exitCode = 1
}
