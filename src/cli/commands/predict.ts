import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expandDims, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { Command } from 'commander'
import { WeightsError } from '../../errors.js'
import { imageToTensor } from '../../image.js'
import { readImage } from '../../node/index.js'
import { interruptible } from '../interrupt.js'
import type { CommandIO } from '../io.js'
import { backendOption, jsonOption, requireFile, requireFolder, threadsOption } from '../options.js'
import { createProgress } from '../progress.js'
import { startChosen, type BackendChoice } from '../startChosen.js'

interface PredictCommandOptions {
  model: string
  backend: BackendChoice
  threads?: number
  json?: true
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
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nPrints image, class and the probability of malignant; with --json an array of {image, class, probability}.\n\nExample:\n  $ esrgan-scnn predict slide.png --model report',
    )
    .action(async (images: string[], { model, backend, threads, json }: PredictCommandOptions) => {
      for (const image of images) await requireFile('IMAGE', image)
      await requireFolder('--model', model)
      const generatorFile = await requireFile('--model', join(model, 'generator.safetensors'))
      const siameseFile = await requireFile('--model', join(model, 'siamese.safetensors'))
      const { loadGenerator } = await import('../../esrgan/index.js')
      const { loadSiamese, predictSiamese } = await import('../../siamese/index.js')
      const { superResolvedInput } = await import('../../pipeline/index.js')
      for (const image of images) await readImage(image)
      const started = await startChosen(io, backend, threads)
      io.stderr.write(`${started.description}\n`)
      const progress = createProgress(io)
      using generator = loadGenerator(await readFile(generatorFile), { source: generatorFile })
      const { network, threshold, metadata } = loadSiamese(await readFile(siameseFile), { source: siameseFile })
      using siamese = network
      const [height, width] = siamese.inputShape
      const { scale } = generator.config
      if (height !== width || width % scale !== 0) {
        throw new WeightsError(
          siameseFile,
          `takes ${width}x${height} pixels, not a square of a multiple of the generator's x${scale}`,
        )
      }
      const side = width / scale
      const resize = metadata['resize'] === 'nearest' ? 'nearest' : 'bilinear'
      let probabilities: Float64Array
      try {
        probabilities = await interruptible(
          io,
          async () => 'nothing was written',
          (signal) =>
            predictSiamese(siamese, {
              count: images.length,
              batchSize: 1,
              images: async (indices) => {
                const image = await readImage(images[indices[0]!]!)
                const input = await superResolvedInput(generator, image, side, { resize, signal })
                return tidy(() => expandDims<Tensor4D>(imageToTensor(input)))
              },
              signal,
              ...(images.length > 1 ? { onProgress: progress.onProgress } : {}),
            }),
        )
      } finally {
        progress.stop()
      }
      const results = images.map((image, i) => {
        const probability = probabilities[i]!
        return { image, class: probability >= threshold ? 'malignant' : 'benign', probability }
      })
      if (json === true) io.stdout.write(`${JSON.stringify(results)}\n`)
      else {
        for (const result of results) {
          io.stdout.write(`${result.image}\t${result.class}\t${result.probability.toFixed(4)}\n`)
        }
      }
    })
}
