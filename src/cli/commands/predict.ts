import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expandDims, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { Command, Option } from 'commander'
import { WeightsError, printable } from '../../errors.js'
import { imageToTensor } from '../../image.js'
import { readImage } from '../../node/index.js'
import { scale } from '../../pipeline/scale.js'
import { interruptible } from '../interrupt.js'
import type { CommandIO } from '../io.js'
import {
  backendOption,
  integer,
  jsonOption,
  requireFile,
  requireFolder,
  precisionOption,
  threadsOption,
} from '../options.js'
import { createProgress } from '../progress.js'
import { startChosen, type BackendChoice, type WasmChoice } from '../startChosen.js'

interface PredictCommandOptions extends WasmChoice {
  model: string
  backend: BackendChoice
  nearest: number
  json?: true
}

/** What is printed of one image. */
interface Prediction {
  readonly image: string
  readonly class: 'malignant' | 'benign'
  readonly probability: number
  readonly head: 'sigmoid' | 'support'
  readonly score: number
  readonly threshold: number
  readonly nearest: readonly {
    readonly id: string
    readonly class: 'malignant' | 'benign'
    readonly distance: number
  }[]
}

const className = (isMalignant: boolean): 'malignant' | 'benign' => (isMalignant ? 'malignant' : 'benign')

/** One line of an image, one of each of its nearest references. */
function lines({ image, class: name, score, nearest }: Prediction): string[] {
  return [
    `${image}\t${name}\t${score.toFixed(4)}`,
    ...nearest.map((near) => `\t${near.class}\t${near.distance.toFixed(4)}\t${printable(near.id)}`),
  ]
}

/** `esrgan-scnn predict`: benign or malignant, by the networks that `reproduce` trained. */
export function predictCommand(io: CommandIO): Command {
  return new Command('predict')
    .description(
      'Says benign or malignant for each image, by the networks of a `reproduce` run. An experiment, not a diagnosis.',
    )
    .argument('<image...>', 'PNG, JPEG, TIFF or WebP')
    .requiredOption('--model <dir>', 'the folder that `reproduce` wrote')
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(precisionOption())
    .addOption(
      new Option('--nearest <n>', 'how many of the nearest reference images to name, where the model keeps some')
        .argParser(integer(1))
        .default(3),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nPrints image, class and the score of malignant, and below it, of the nearest reference images, class, distance and name; with --json an array of {image, class, probability, head, score, threshold, nearest}. Score and class are those of the head that the model names: the sigmoid, whose score is its probability, or the support set.\n\nExample:\n  $ esrgan-scnn predict slide.png --model report',
    )
    .action(async (images: string[], options: PredictCommandOptions) => {
      const { model, backend, nearest, json } = options
      for (const image of images) await requireFile('IMAGE', image)
      await requireFolder('--model', model)
      const siameseFile = await requireFile('--model', join(model, 'siamese.safetensors'))
      const { loadGenerator } = await import('../../esrgan/index.js')
      const { classifyEmbeddings, embedImages, loadSiamese, nearestReferences, supportScores } =
        await import('../../siamese/index.js')
      const { armNames, siameseInput } = await import('../../pipeline/index.js')
      const { needsGenerator } = await import('../../pipeline/armInput.js')
      for (const image of images) await readImage(image)
      const started = await startChosen(io, backend, options)
      io.stderr.write(`${started.description}\n`)
      const progress = createProgress(io)
      const loaded = loadSiamese(await readFile(siameseFile), { source: siameseFile })
      const { head, threshold, support, metadata } = loaded
      using siamese = loaded.network
      if (head === 'pair') {
        throw new WeightsError(siameseFile, 'verifies pairs of images; predict needs a network that answers about one')
      }
      const arm = armNames.find((name) => name === (metadata['arm'] ?? 'esrgan'))
      if (arm === undefined)
        throw new WeightsError(siameseFile, `its inputs were made by ${metadata['arm']}, which is unknown`)
      const generatorFile = needsGenerator(arm)
        ? await requireFile('--model', join(model, 'generator.safetensors'))
        : undefined
      using generator =
        generatorFile === undefined
          ? undefined
          : loadGenerator(await readFile(generatorFile), { source: generatorFile })
      const [height, side] = siamese.inputShape
      const factor = arm === 'none' ? 1 : (generator?.config.scale ?? scale)
      if (height !== side || side % factor !== 0) {
        throw new WeightsError(
          siameseFile,
          `takes ${side}x${height} pixels, not a square of a multiple of the enlargement, x${factor}`,
        )
      }
      const resize = metadata['resize'] === 'nearest' ? 'nearest' : 'bilinear'
      let embeddings: Float32Array
      try {
        embeddings = await interruptible(
          io,
          async () => 'nothing was written',
          (signal) =>
            embedImages(siamese, {
              count: images.length,
              batchSize: 1,
              images: async (indices) => {
                const image = await readImage(images[indices[0]!]!)
                const input = await siameseInput(generator, image, side, { arm, resize, signal })
                return tidy(() => expandDims<Tensor4D>(imageToTensor(input)))
              },
              signal,
              ...(images.length > 1 ? { onProgress: progress.onProgress } : {}),
            }),
        )
      } finally {
        progress.stop()
      }
      const probabilities = await classifyEmbeddings(siamese, embeddings)
      const scores = head === 'support' ? supportScores(support!.set, embeddings, support) : probabilities
      const references = support && Math.min(nearest, support.set.labels.length)
      const near = support === undefined ? [] : nearestReferences(support.set, embeddings, references)
      const results = images.map((image, i): Prediction => ({
        image,
        class: className(scores[i]! >= threshold),
        probability: probabilities[i]!,
        head,
        score: scores[i]!,
        threshold,
        nearest: (near[i] ?? []).map(({ id, label, distance }) => ({ id, class: className(label === 1), distance })),
      }))
      if (json === true) io.stdout.write(`${JSON.stringify(results)}\n`)
      else {
        for (const line of results.flatMap(lines)) io.stdout.write(`${line}\n`)
      }
    })
}
