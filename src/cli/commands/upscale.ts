import { Command, Option } from 'commander'
import { DataError, printable } from '../../errors.js'
import { readWeightsFile } from '../../node/index.js'
import { enlarge, isOfTheImage, type Enlarged, type EnlargeOptions } from '../enlarge.js'
import { finishedOutputs, sha256 } from '../finishedOutputs.js'
import { namedInputs } from '../inputs.js'
import { interruptible } from '../interrupt.js'
import type { CommandIO } from '../io.js'
import { networkFile } from '../networkFiles.js'
import { backendOption, integer, jsonOption, kindOf, threadsOption, precisionOption, UsageError } from '../options.js'
import { outputFile, outputFiles, type NamedInput } from '../outputs.js'
import { createProgress } from '../progress.js'
import { startChosen, type BackendChoice, type WasmChoice } from '../startChosen.js'

interface UpscaleCommandOptions extends WasmChoice {
  weights: string
  out: string
  format?: string
  quality: number
  tile: number
  overlap?: number
  force?: true
  backend: BackendChoice
  json?: true
}

/** An image and where its enlargement goes. */
interface Job {
  readonly image: string
  readonly out: string
}

/** What is to be done, and the folder of the outputs where there is one. */
async function plan(
  images: readonly string[],
  { out, format }: UpscaleCommandOptions,
): Promise<{ readonly jobs: readonly Job[]; readonly folder?: string }> {
  const inputs: readonly NamedInput[] = await namedInputs(images, out)
  const isFolder = images.length > 1 || (await kindOf(images[0]!)) === 'folder' || /[/\\]$/.test(out)
  if (isFolder || (await kindOf(out)) === 'folder') {
    const targets = await outputFiles(out, inputs, format)
    return { jobs: inputs.map(({ path }, i) => ({ image: path, out: targets[i]! })), folder: out }
  }
  if (format !== undefined) throw new UsageError(`--format: is for a folder; the file's name says it here: ${out}`)
  return { jobs: [{ image: images[0]!, out: await outputFile(out, images[0]!) }] }
}

/** `esrgan-scnn upscale`: pictures through a trained generator. */
export function upscaleCommand(io: CommandIO): Command {
  return new Command('upscale')
    .description('Enlarges pictures with a trained RRDB generator (ESRGAN, Real-ESRGAN, or your own).')
    .argument('<image...>', 'PNG, JPEG, TIFF or WebP, or folders: all below them, hidden ones left out')
    .requiredOption('--weights <file>', 'the generator: any file that `convert` reads')
    .requiredOption('--out <path>', 'a file for one image, else a folder (names and sub-folders are kept)')
    .addOption(
      new Option('--format <name>', 'of the files in the folder (default: as the image)').choices([
        'png',
        'jpg',
        'tif',
        'webp',
      ]),
    )
    .addOption(new Option('--quality <n>', 'of JPEG, from 1 to 100').argParser(integer(1, 100)).default(95))
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
    .option('--force', 'make again what an earlier run has finished')
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(precisionOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nIn a folder, what an earlier run has finished from the same image, weights and settings is left as it is.\nAn image that cannot be enlarged is told of, and the others go on; the exit code is 1 then.\n\nExamples:\n  $ esrgan-scnn upscale small.png --weights RealESRGAN_x4plus.safetensors --out large.png\n  $ esrgan-scnn upscale scans --weights RealESRGAN_x4plus.safetensors --out large --format png',
    )
    .action(async (images: string[], options: UpscaleCommandOptions) => {
      const { weights, tile, overlap, quality, force = false, backend, json } = options
      if (overlap !== undefined && 2 * overlap >= tile) {
        throw new UsageError(`--overlap: must be less than half of the tile (${tile}): ${overlap}`)
      }
      const file = await networkFile('--weights', weights)
      const { jobs, folder } = await plan(images, options)
      const { loadGenerator, saveGenerator } = await import('../../esrgan/index.js')
      const stored = await readWeightsFile(file)
      const started = await startChosen(io, backend, options)
      using generator = loadGenerator(stored, { source: weights })
      const { scale, blocks } = generator.config
      if (tile % (4 / scale) !== 0) {
        throw new UsageError(`--tile: must be a multiple of ${4 / scale} for this x${scale} generator: ${tile}`)
      }
      io.stderr.write(`${weights}: x${scale}, ${blocks} blocks · ${started.description}\n`)
      const settings: EnlargeOptions = {
        tile,
        ...(overlap === undefined ? {} : { overlap }),
        quality,
        force,
        weights: sha256(await saveGenerator(generator)),
        finished: folder === undefined ? undefined : await finishedOutputs(folder),
      }
      const results: Enlarged[] = []
      const progress = createProgress(io)
      try {
        await interruptible(
          io,
          async () => 'the pictures that were finished are whole',
          async (signal) => {
            for (const [i, { image, out }] of jobs.entries()) {
              signal.throwIfAborted()
              const stage = `upscale ${i + 1}/${jobs.length}`
              const onProgress: EnlargeOptions['onProgress'] = (event) => progress.onProgress({ ...event, stage })
              try {
                const result = await enlarge(generator, image, out, { ...settings, signal, onProgress })
                progress.stop()
                results.push(result)
                if (json !== true) io.stdout.write(`${printable(describe(result))}\n`)
              } catch (error) {
                progress.stop()
                if (folder === undefined || !isOfTheImage(error, image)) throw error
                const problem = error instanceof DataError ? error.problem : error.message
                results.push({ image, out, status: 'failed', problem })
                io.stderr.write(`${printable(`${image}: ${problem}`)}\n`)
              }
            }
          },
        )
      } finally {
        progress.stop()
        if (json === true && results.length > 0) io.stdout.write(`${JSON.stringify(results)}\n`)
      }
      const count = (status: Enlarged['status']): number => results.filter((result) => result.status === status).length
      if (jobs.length > 1) {
        io.stderr.write(`${count('done')} enlarged, ${count('unchanged')} unchanged, ${count('failed')} failed\n`)
      }
      if (count('failed') > 0) {
        const failed = results.filter(({ status }) => status === 'failed').map(({ image }) => image)
        const names = `${failed.slice(0, 5).join(', ')}${failed.length > 5 ? ', …' : ''}`
        throw new Error(`${failed.length} of ${jobs.length} pictures could not be enlarged: ${names}`)
      }
    })
}

const describe = ({ out, status, width, height, seconds }: Enlarged): string =>
  status === 'done' ? `${out}: ${width}x${height}, ${seconds!.toFixed(1)} s` : `${out}: unchanged`
