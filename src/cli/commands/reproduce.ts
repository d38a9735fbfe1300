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
import type { FeatureExtractor } from '../../losses/index.js'
import { folderStore, peakMemoryBytes, readWeightsFile, writeReport } from '../../node/index.js'
import { learnedBy } from '../../pipeline/auditWords.js'
import { spelledNumbers } from '../../pipeline/spelledNumbers.js'
import { splitWords } from '../../pipeline/splitWords.js'
import type { Arm, PipelineReport, RunResult } from '../../pipeline/index.js'
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
  UsageError,
} from '../options.js'
import { labelsOption, openImages, requireImages, rootOption } from '../openImages.js'
import { createProgress } from '../progress.js'
import { withSkipHint } from '../skipHint.js'
import { startChosen, type BackendChoice } from '../startChosen.js'

interface ReproduceOptions {
  data?: string
  labels?: LabelSpellings
  root?: string
  preset: 'quick' | 'paper'
  split: SplitName[]
  ablation: Arm[]
  validation?: number
  magnification?: Magnification[]
  backend: BackendChoice
  threads?: number
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

/**
 * SRGAN's rescaling of VGG features (Ledig et al. 2017): weights trained on inputs of 0..255 give a perceptual loss that
 * would drown the other terms, whose weights belong to torchvision's scale.
 */
const caffeFeatureScale = 1 / 12.75

async function loadFeatures(file: string): Promise<FeatureExtractor> {
  const { loadVGGFeatures, readNetwork } = await import('../../esrgan/index.js')
  try {
    const weights = await readWeightsFile(file)
    const network = readNetwork(weights, { source: file })
    const isCaffe = network.kind === 'vgg' && network.config.input === 'caffe'
    return await loadVGGFeatures(weights, { source: file, ...(isCaffe ? { featureScale: caffeFeatureScale } : {}) })
  } catch (error) {
    throw new WeightsError('--vgg', `no VGG19: ${(error as Error).message}`)
  }
}

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
      const { preset, split, ablation, validation, magnification, backend, threads, seed } = options
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
      const started = await startChosen(io, backend, threads)
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
            const { protocol, results, runs, comparisons, superResolution: sr } = report
            if (json === true) {
              io.stdout.write(
                `${JSON.stringify(
                  {
                    notices,
                    out,
                    protocol,
                    results,
                    runs: runs.map(({ split, arm, heads, leakedTestImages }) => ({
                      split,
                      arm,
                      heads,
                      leakedTestImages,
                    })),
                    comparisons,
                    superResolution: sr,
                    dataTime: report.dataTime,
                    files,
                  },
                  spelledNumbers,
                )}\n`,
              )
              return
            }
            for (const notice of notices) io.stdout.write(`${notice}\n`)
            io.stdout.write(
              [
                ...runs.flatMap((run) => runLines(run, runs.length > 1)),
                `super-resolution: ESRGAN ${sr.psnr.toFixed(2)} dB / ${sr.ssim.toFixed(4)}, bicubic ${sr.bicubicPsnr.toFixed(2)} dB / ${sr.bicubicSsim.toFixed(4)} (PSNR / SSIM, Y, crop ${sr.crop}, ${sr.n} held-out images)`,
                `perceptual loss: ${protocol.perceptual} features`,
                `data: ${dataShares(report)} of the time`,
                `peak memory: ${(peakMemoryBytes() / 2 ** 20).toFixed(0)} MiB`,
                `report: ${join(out, 'report.html')}, ${join(out, 'report.md')}`,
                '',
              ].join('\n'),
            )
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

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** A run's results: each head's accuracy under its own name. */
function runLines({ split, arm, heads, leakedTestImages, validation }: RunResult, isOneOfMany: boolean): string[] {
  const { sigmoid, support, pair } = heads
  const { accuracy, auc, n, patients, decisions } = sigmoid.overall
  const name = isOneOfMany ? `${splitWords(split)}, input ${arm}` : `test (${splitWords(split)})`
  const leaked =
    leakedTestImages === 0 ? '' : `, ${leakedTestImages} of them of patients that were ${learnedBy(validation)}`
  return [
    `${name}: accuracy ${percent(accuracy)}, AUC ${auc?.toFixed(3) ?? 'none (one class)'}, n = ${n} images of ${patients} patients${leaked}`,
    `  patient recognition ${percent(decisions.patientRecognition.rate)}; support set: accuracy ${support === null ? 'none' : percent(support.overall.accuracy)}; pair verification: pair accuracy ${pair === null ? 'none' : `${percent(pair.pairAccuracy)} of ${pair.n} pairs`}`,
  ]
}

/** What share of each stage's time data took. */
const dataShares = ({ dataTime }: PipelineReport): string =>
  Object.entries(dataTime)
    .map(([stage, { share }]) => `${stage} ${(share * 100).toFixed(1)} %`)
    .join(', ')

/** Takes away a cache that this run began, and the folder if nothing else is in it. */
async function removeBegun(out: string, cache: string): Promise<void> {
  await rm(cache, { recursive: true, force: true })
  if ((await kindOf(out)) === 'folder' && (await readdir(out)).length === 0) await rmdir(out)
}
