import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { OutOfMemoryError } from '../../backend/index.js'
import {
  splitNames,
  syntheticHistology,
  type ImageSource,
  type LabelSpellings,
  type Magnification,
  type SplitName,
} from '../../data/index.js'
import {
  ArgumentError,
  BackendError,
  BackendFailedError,
  DataError,
  OneClassError,
  WeightsError,
} from '../../errors.js'
import { folderStore, peakMemoryBytes, writeReport } from '../../node/index.js'
import type { Arm } from '../../pipeline/index.js'
import { interruptible } from '../interrupt.js'
import type { CommandIO } from '../io.js'
import { networkFile } from '../networkFiles.js'
import {
  backendOption,
  integer,
  jsonOption,
  kindOf,
  listOf,
  magnificationList,
  shareBelowOne,
  threadsOption,
  precisionOption,
  UsageError,
} from '../options.js'
import { labelsOption, openImages, requireImages, rootOption } from '../openImages.js'
import { createProgress } from '../progress.js'
import { resultJSON, resultLines } from '../reproduced.js'
import { withSkipHint } from '../skipHint.js'
import { startChosen, type BackendChoice, type WasmChoice } from '../startChosen.js'
import { loadFeatures } from '../vggFeatures.js'

interface ReproduceOptions extends WasmChoice {
  data?: string
  labels?: LabelSpellings
  root?: string
  preset: 'quick' | 'paper'
  split: SplitName[]
  ablation: Arm[]
  validation?: number
  magnification?: Magnification[]
  backend: BackendChoice
  seed: number
  vgg?: string
  out: string
  maxSteps?: number
  onCorrupt: 'stop' | 'skip'
  patients?: number
  imagesPerPatient?: number
  resume?: true
  json?: true
}

/** Errors that say the input is at fault: while nothing was trained, nothing that was begun is worth keeping. */
const inputErrors = [ArgumentError, BackendError, DataError, OneClassError, WeightsError]

/** An argument as a shell takes it. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`

/** Everything that can be wrong with the options, before any work. */
async function checkOptions(options: ReproduceOptions): Promise<{ vgg: string | undefined; cache: string }> {
  const { data, vgg, out, resume, patients, imagesPerPatient } = options
  if (data !== undefined) await requireImages('--data', data, options)
  else if (options.labels !== undefined || options.root !== undefined) {
    throw new UsageError('--labels and --root: are for a list of images, give it by --data')
  }
  if (data !== undefined && (patients !== undefined || imagesPerPatient !== undefined)) {
    throw new UsageError('--patients and --images-per-patient: are for synthetic images, without --data')
  }
  const fold = options.split.find((split) => split.startsWith('official:'))
  if (data === undefined && fold !== undefined) {
    throw new UsageError(`--split ${fold}: is a fold of BreaKHis' images, give them by --data`)
  }
  if (data === undefined && options.split.includes('accession')) {
    throw new UsageError('--split accession: drawn images have no accession numbers, give others by --data')
  }
  if (out === '') throw new UsageError('--out: is empty')
  if ((await kindOf(out)) === 'file') throw new UsageError(`--out: is a file, not a folder: ${out}`)
  const cache = join(out, '.cache')
  if (resume === true && (await kindOf(cache)) === 'nothing') {
    throw new UsageError(`--resume: ${out} holds no state of a stopped run`)
  }
  return { vgg: vgg === undefined ? undefined : await networkFile('--vgg', vgg), cache }
}

async function openSource({
  data,
  labels,
  root,
  magnification,
  seed,
  patients,
  imagesPerPatient,
}: ReproduceOptions): Promise<ImageSource> {
  if (data !== undefined) return await openImages(data, { magnifications: magnification, labels, root })
  const magnifications = magnification === undefined ? {} : { magnifications: magnification }
  return syntheticHistology({
    seed,
    ...magnifications,
    ...(patients === undefined ? {} : { patients }),
    ...(imagesPerPatient === undefined ? {} : { imagesPerPatient }),
  })
}

/** `esrgan-scnn reproduce`: the whole paper. */
export function reproduceCommand(io: CommandIO, argv: readonly string[]): Command {
  return new Command('reproduce')
    .description(
      'Runs the whole paper: split, balance, train ESRGAN, super-resolve, train the Siamese network, evaluate, report.',
    )
    .option(
      '--data <dir or list>',
      'BreaKHis images in a folder of any layout, or a CSV list with the columns path, label, group (default: synthetic images are drawn)',
    )
    .addOption(labelsOption())
    .addOption(rootOption())
    .addOption(
      new Option('--preset <name>', 'quick = minutes on two cores; paper = every figure of the paper')
        .choices(['quick', 'paper'])
        .default('quick'),
    )
    .addOption(
      new Option(
        '--split <list>',
        "patient = no patient on both sides; accession = nor two ids of one accession; image = the paper's; official:1 to official:5 = BreaKHis' own folds. Of several, such as patient,image, each is trained and judged by itself; the first gives the main results",
      )
        .argParser(listOf(splitNames))
        .default(['patient'], 'patient'),
    )
    .addOption(
      new Option(
        '--ablation <list>',
        "what makes the Siamese network's input, each with a network of its own: none = the small image as it is, bicubic, psnr = the generator after its PSNR stage, esrgan",
      )
        .argParser(listOf(['none', 'bicubic', 'psnr', 'esrgan']))
        .default(['esrgan'], 'esrgan'),
    )
    .addOption(
      new Option(
        '--validation <share>',
        'share of the training side to choose a threshold by, 0 = none (default: quick 0.2, paper 0)',
      ).argParser(shareBelowOne),
    )
    .addOption(
      new Option('--magnification <list>', 'only these, for example 40,100 (default: all)').argParser(
        magnificationList,
      ),
    )
    .addOption(backendOption())
    .addOption(threadsOption())
    .addOption(precisionOption())
    .addOption(new Option('--seed <n>', 'of everything random').argParser(integer(0, 2 ** 31 - 1)).default(1))
    .option(
      '--vgg <model>',
      "VGG19 for the perceptual loss: torchvision's .pth, Keras' .h5, .safetensors or a tfjs model (default: a small random network)",
    )
    .option('--out <dir>', 'where report, figures and networks go', 'report')
    .addOption(
      new Option('--max-steps <n>', 'limits the steps and images of every stage: a rehearsal').argParser(integer(1)),
    )
    .addOption(
      new Option('--on-corrupt <what>', 'an image that cannot be read stops the run, or is left out and listed')
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .addOption(new Option('--patients <n>', 'patients to draw, without --data').argParser(integer(2, 10_000)))
    .addOption(
      new Option('--images-per-patient <n>', 'images to draw for each, without --data').argParser(integer(1, 10_000)),
    )
    .option('--resume', 'go on where a stopped run with the same options and --out was')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWrites report.md, report.html, report.json, figures/, generator.safetensors and siamese.safetensors. Ctrl-C keeps the state for --resume.\n\nExamples:\n  $ esrgan-scnn reproduce --out report\n  $ esrgan-scnn reproduce --data BreaKHis_v1 --magnification 100 --vgg vgg19/model.json --out report\n  $ esrgan-scnn reproduce --data mine.csv --labels 0=benign,1=malignant --out report',
    )
    .action(async (options: ReproduceOptions) => {
      const { preset, split, ablation, validation, magnification, backend, seed } = options
      const { out, maxSteps, onCorrupt, resume, json } = options
      const { vgg, cache } = await checkOptions(options)
      const hadCache = (await kindOf(cache)) !== 'nothing'
      const command = ['esrgan-scnn', ...argv].map(quoted).join(' ')
      const opened = await openSource(options)
      let isReading = false
      const source: ImageSource = {
        ...opened,
        read(record) {
          isReading = true
          return opened.read(record)
        },
      }
      io.stderr.write(`${source.description}\n`)
      let hasBegun = false
      const started = await startChosen(io, backend, options)
      io.stderr.write(`${started.name}: ${started.description}\n`)
      const { estimatePipelineMemory, trainPipeline } = await import('../../pipeline/index.js')
      const progress = createProgress(io)
      const again = resume === true ? command : `${command} --resume`
      const advice = async (): Promise<string> =>
        (await kindOf(cache)) === 'nothing' ? 'nothing was trained yet' : `the state is kept, go on with: ${again}`
      try {
        await interruptible(io, advice, async (signal) => {
          const features = vgg === undefined ? undefined : await loadFeatures(vgg)
          try {
            const expected = estimatePipelineMemory({ preset, ...(features === undefined ? {} : { features }) })
            const megabytes = Math.round(expected.bytes / 2 ** 20)
            io.stderr.write(
              `memory: training takes about ${megabytes} MiB of the backend's (${expected.stage} stage)\n`,
            )
            const result = await trainPipeline({
              data: source,
              preset,
              split,
              ablation,
              seed,
              onCorrupt,
              store: folderStore(cache),
              onProgress: (event) => {
                hasBegun ||= event.stage !== 'read'
                progress.onProgress(event)
              },
              signal,
              ...(validation === undefined ? {} : { validationFraction: validation }),
              ...(magnification === undefined ? {} : { magnifications: magnification }),
              ...(features === undefined ? {} : { features }),
              ...(maxSteps === undefined ? {} : { maxSteps }),
              ...(resume === undefined ? {} : { resume }),
            })
            progress.stop()
            const { report, files, notices } = await writeReport(out, result, {
              peakMemoryBytes: peakMemoryBytes(),
              backendDescription: started.description,
              command,
            })
            if (json === true) {
              io.stdout.write(`${resultJSON(report, { notices, out, files })}\n`)
              return
            }
            for (const line of [...notices, ...resultLines(report, out)]) io.stdout.write(`${line}\n`)
          } finally {
            features?.dispose()
          }
        })
      } catch (error) {
        const isInput = inputErrors.some((kind) => error instanceof kind)
        const isLost = error instanceof BackendFailedError || error instanceof OutOfMemoryError
        if (isLost && hasBegun) io.stderr.write(`${await advice()}\n`)
        if (isInput && !hadCache && !hasBegun) await removeBegun(out, cache)
        if (error instanceof DataError && onCorrupt === 'stop' && isReading && !hasBegun) throw withSkipHint(error)
        throw error
      } finally {
        progress.stop()
      }
    })
}

/** Takes away a cache that this run began, and the folder if nothing else is in it. */
async function removeBegun(out: string, cache: string): Promise<void> {
  await rm(cache, { recursive: true, force: true })
  if ((await kindOf(out)) === 'folder' && (await readdir(out)).length === 0) await rmdir(out)
}
