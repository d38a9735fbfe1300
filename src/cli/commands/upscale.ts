import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { ArgumentError } from '../../errors.js'
import { readImage, writeImage } from '../../node/index.js'
import { interruptible } from '../interrupt.js'
import type { CommandIO } from '../io.js'
import { backendOption, integer, jsonOption, requireFile, threadsOption, UsageError } from '../options.js'
import { outputFile, outputFiles } from '../outputs.js'
import { createProgress } from '../progress.js'
import { startChosen, type BackendChoice } from '../startChosen.js'

interface UpscaleCommandOptions {
  weights: string
  out: string
  tile: number
  overlap?: number
  backend: BackendChoice
  threads?: number
  json?: true
}

/** `esrgan-scnn upscale`: pictures through a trained generator. */
export function upscaleCommand(io: CommandIO): Command {
  return new Command('upscale')
    .description('Enlarges pictures with a trained RRDB generator (ESRGAN, Real-ESRGAN, or your own).')
    .argument('<image...>', 'PNG, JPEG, TIFF or WebP')
    .requiredOption('--weights <file>', 'the generator, as safetensors')
    .requiredOption('--out <path>', 'a file for one image, a folder for several (their names are kept)')
    .addOption(
      new Option('--tile <n>', 'input pixels a side that are computed at once; memory grows with its square')
        .argParser(integer(4, 4096))
        .default(128),
    )
    .addOption(
      new Option(
        '--overlap <n>',
        'input pixels that neighbouring tiles share (default: 24, or less than half a tile)',
      ).argParser(integer(0, 2047)),
    )
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ esrgan-scnn upscale small.png --weights RealESRGAN_x4plus.safetensors --out large.png',
    )
    .action(async (images: string[], options: UpscaleCommandOptions) => {
      const { weights, out, tile, overlap, backend, threads, json } = options
      if (overlap !== undefined && 2 * overlap >= tile) {
        throw new UsageError(`--overlap: must be less than half of the tile (${tile}): ${overlap}`)
      }
      for (const image of images) await requireFile('IMAGE', image)
      await requireFile('--weights', weights)
      const targets = images.length === 1 ? [await outputFile(out, images[0]!)] : await outputFiles(out, images)
      // All are decoded before any is enlarged: a corrupt one shows now, and nothing is written.
      if (images.length > 1) for (const image of images) await readImage(image)
      const { loadGenerator, upscale } = await import('../../esrgan/index.js')
      const bytes = await readFile(weights)
      const started = await startChosen(io, backend, threads)
      const progress = createProgress(io)
      const results: { image: string; out: string; width: number; height: number; seconds: number }[] = []
      const generator = loadGenerator(bytes, { source: weights })
      try {
        io.stderr.write(
          `${weights}: x${generator.config.scale}, ${generator.config.blocks} blocks · ${started.description}\n`,
        )
        await interruptible(
          io,
          async () => 'the pictures that were finished are whole',
          async (signal) => {
            for (const [i, image] of images.entries()) {
              const begun = Date.now()
              const picture = await readImage(image)
              const { onProgress } = progress
              const large = await upscale(generator, picture, {
                tile,
                ...(overlap === undefined ? {} : { overlap }),
                signal,
                onProgress: (event) => onProgress({ ...event, stage: `upscale ${i + 1}/${images.length}` }),
              })
              await writeImage(targets[i]!, large)
              const seconds = (Date.now() - begun) / 1000
              results.push({ image, out: targets[i]!, width: large.width, height: large.height, seconds })
              progress.stop()
              if (json !== true) {
                io.stdout.write(
                  `${targets[i]}: ${picture.width}x${picture.height} -> ${large.width}x${large.height}, ${seconds.toFixed(1)} s\n`,
                )
              }
            }
          },
        )
      } catch (error) {
        // The generator's scale decides what a tile may be.
        if (error instanceof ArgumentError && error.argument === 'options.tile')
          throw new UsageError(`--tile: ${error.message}`)
        throw error
      } finally {
        progress.stop()
        generator.dispose()
      }
      if (json === true) io.stdout.write(`${JSON.stringify(results)}\n`)
    })
}
