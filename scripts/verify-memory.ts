/**
 * Compares `estimateTrainingMemory` with what the wasm heap really grows to, each case in a fresh process:
 * node scripts/run.mjs scripts/verify-memory.ts [--json] [--all] [--only NAME;NAME] [--steps 1000]. Exits 1 where one is
 * off by more than 25 %, the heap of 4 GiB does not hold it, or heap or tensors grow after the first tenth of the steps.
 * Cases that take many minutes run with --all, or when named.
 */
import { spawnSync } from 'node:child_process'
import { dispose, memory, randomUniform, type Tensor4D } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import {
  createDiscriminator,
  createESRGANTrainer,
  createRRDBGenerator,
  createSiamese,
  createSiameseTrainer,
  estimateSiameseMemory,
  estimateTrainingMemory,
  loadVGGFeatures,
  randomFeatures,
  wasmMemory,
  type FeatureExtractor,
  type SiameseMemoryOptions,
  type TrainingMemoryOptions,
} from 'esrgan-scnn'
import { startBackend } from 'esrgan-scnn/node'

/** How far the measured peak may be from the estimate. */
const tolerance = 0.25

const quick = { blocks: 2, features: 16, growth: 8, bicubicSkip: true } as const
const small = { blocks: 3, features: 32, growth: 16 } as const

interface Case extends TrainingMemoryOptions {
  /** Training steps; default two, of which the second shows what stays behind. */
  readonly steps?: number
  /** Takes many minutes on two cores. */
  readonly isSlow?: boolean
}

const cases: Readonly<Record<string, Case>> = {
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
  // ESRGAN's own GAN step: every size is the paper's.
  'nb=23, batch 16, patch 128, one GAN step': {
    stage: 'gan',
    generator: { checkpoint: true },
    features: 'vgg19',
    patchSize: 128,
    batchSize: 16,
    microBatch: 1,
    steps: 1,
    isSlow: true,
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

interface SiameseCase extends SiameseMemoryOptions {
  readonly isSlow?: boolean
}

/** Steps of the Siamese network. */
const siameseCases: Readonly<Record<string, SiameseCase>> = {
  // The paper's sizes: 32 pairs of super-resolved images.
  'Siamese, 896x896, 32 pairs in parts of 4': { inputShape: [896, 896, 3], batchSize: 32, microBatch: 4 },
  'Siamese, 896x896, 8 pairs': { inputShape: [896, 896, 3], batchSize: 8 },
  'Siamese, 224x224, 32 pairs': { inputShape: [224, 224, 3], batchSize: 32 },
  'Siamese, 64x64, 8 pairs': { inputShape: [64, 64, 3], batchSize: 8 },
}

const allCases: Readonly<Record<string, Case | SiameseCase>> = { ...cases, ...siameseCases }

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

/** What a case came to. */
interface Measured {
  /** The heap's size afterwards: it never shrinks. */
  readonly bytes: number
  /** What was added after the first tenth of the steps. */
  readonly grown: { readonly bytes: number; readonly tensors: number }
  /** Of one step. */
  readonly seconds: number
  /** Of the last step. */
  readonly values: Readonly<Record<string, number>>
}

/** Trains some steps and says how large the heap has become. */
async function follow(steps: number, train: () => Promise<Readonly<Record<string, number>>>): Promise<Measured> {
  const now = (): Measured['grown'] => ({ bytes: wasmMemory()!.heapBytes, tensors: memory().numTensors })
  const early = Math.max(1, Math.floor(steps / 10))
  const start = performance.now()
  let values: Readonly<Record<string, number>> = {}
  let before = now()
  for (let step = 1; step <= steps; step++) {
    values = await train()
    if (step === early) before = now()
  }
  const { bytes, tensors } = now()
  const grown = { bytes: bytes - before.bytes, tensors: tensors - before.tensors }
  return { bytes, grown, seconds: (performance.now() - start) / 1000 / steps, values }
}

/** Steps of the generator, or of generator and discriminator. */
async function measure(options: Case, steps: number): Promise<Measured> {
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
  return follow(steps, async () => {
    const batch = { lr: pictures(patchSize / generator.config.scale), hr: pictures(patchSize) }
    const values = await (stage === 'gan' ? trainer.ganStep(batch, 1e-4) : trainer.psnrStep(batch, 1e-4))
    dispose([batch.lr, batch.hr])
    return values
  })
}

/** Steps of the Siamese network. */
async function measureSiamese(options: SiameseCase, steps: number): Promise<Measured> {
  const { batchSize = 32, microBatch, inputShape } = options
  using network = createSiamese(options)
  using trainer = createSiameseTrainer({
    network,
    images: ({ length }) => randomUniform([length, ...inputShape], 0, 1, 'float32', 1) as Tensor4D,
    labels: [0, 1, 0, 1],
    ...(microBatch === undefined ? {} : { microBatch }),
  })
  const pairs = {
    a: Array.from({ length: batchSize }, () => 0),
    b: Array.from({ length: batchSize }, (_, k) => 1 + (k % 2)),
    isSimilar: Array.from({ length: batchSize }, (_, k) => k % 2),
  }
  return await follow(steps, () => trainer.train(pairs))
}

interface Row {
  readonly name: string
  readonly estimate: number
  readonly measured: number
  /** Measured over estimated. */
  readonly ratio: number
  readonly steps: number
  readonly grown: Measured['grown']
  /** Of one step, while it was measured. */
  readonly seconds: number
  /** The losses of the last step. */
  readonly values: Readonly<Record<string, number>>
}

const args = process.argv.slice(2)
const [command, argument, stepsOfCase] = args
if (command === '--measure') {
  await startBackend('wasm', { threads: 2 })
  const chosen = siameseCases[argument!]
  const steps = Number(stepsOfCase)
  const measured = chosen === undefined ? measure(cases[argument!]!, steps) : measureSiamese(chosen, steps)
  console.log(JSON.stringify(await measured))
} else {
  const quick = Object.keys(allCases).filter((name) => args.includes('--all') || allCases[name]!.isSlow !== true)
  const wanted = args.includes('--steps') ? Number(args[args.indexOf('--steps') + 1]) : undefined
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0))
    throw new Error('--steps takes a whole number from 1')
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1]!.split(';') : quick
  const rows: Row[] = []
  for (const name of only) {
    if (!(name in allCases)) throw new Error(`no case "${name}"; there are: ${Object.keys(allCases).join('; ')}`)
    const steps = wanted ?? cases[name]?.steps ?? 2
    const child = spawnSync(process.execPath, [process.argv[1]!, '--measure', name, String(steps)], {
      encoding: 'utf8',
    })
    if (child.status !== 0) throw new Error(`${name}: ${child.stderr}`)
    const siamese = siameseCases[name]
    const estimate =
      siamese === undefined ? estimateTrainingMemory(cases[name]!).bytes : estimateSiameseMemory(siamese).bytes
    const { bytes: measured, grown, seconds, values } = JSON.parse(child.stdout) as Measured
    rows.push({ name, estimate, measured, ratio: measured / estimate, steps, grown, seconds, values })
    if (!args.includes('--json')) {
      const megabytes = [estimate, measured].map((bytes) => (bytes / 2 ** 20).toFixed(0).padStart(6))
      console.log(
        `${name.padEnd(42)} estimate ${megabytes[0]} MiB  measured ${megabytes[1]} MiB  ratio ${(measured / estimate).toFixed(2)}  ${seconds.toFixed(1)} s a step` +
          (steps < 10
            ? ''
            : `, steps ${Math.floor(steps / 10)} to ${steps}: heap +${grown.bytes} B, tensors +${grown.tensors}`),
      )
    }
  }
  const left = Object.keys(allCases).filter((name) => !only.includes(name))
  if (args.includes('--json')) console.log(JSON.stringify(rows))
  else if (!args.includes('--only') && left.length > 0) console.log(`left out, for they take long: ${left.join('; ')}`)
  const isOff = ({ ratio, steps, grown }: Row): boolean =>
    !(Math.abs(ratio - 1) <= tolerance) || (steps >= 10 && (grown.bytes > 0 || grown.tensors > 0))
  if (rows.some(isOff)) process.exitCode = 1
}
