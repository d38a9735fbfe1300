import { magnifications, publishedTableI, type Magnification } from '../data/index.js'
import { paperAttainability } from './attainable.js'
import { leakageSection } from './leakageSection.js'
import { count, plain, table } from './markdown.js'
import { noticeLines } from './notices.js'
import type { Evaluation, Interval, PipelineReport } from './reportTypes.js'
import { splitSentence, splitWords } from './splitWords.js'

/** What the report cannot know by itself: how and where the run was made. */
export interface RunEnvironment {
  /** The largest memory the process held, in bytes. */
  readonly peakMemoryBytes?: number
  /** The backend in words, for example with its threads. */
  readonly backendDescription?: string
  /** The command that makes this report again. */
  readonly command?: string
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
const orDash = (value: number | null, show: (value: number) => string): string => (value === null ? '–' : show(value))
const within = (interval: Interval | null, show: (value: number) => string): string =>
  interval === null ? '' : ` [${show(interval.low)}, ${show(interval.high)}]`

/** What the images are, for the first line. */
function sourceName({ source }: PipelineReport['protocol']): string {
  if (source === 'synthetic') return 'synthetic images'
  return source === 'breakhis' ? 'BreaKHis images' : 'custom images'
}

function protocolSection({ protocol }: PipelineReport): string {
  const { train, test, networks, skipped } = protocol
  const rows = [
    ['images', `${protocol.images} of ${count(protocol.patients, 'patient')}: ${plain(protocol.sourceDescription)}`],
    ['split', splitSentence(protocol.split)],
    [
      'training side',
      `${count(train.images, 'image')} of ${count(train.patients, 'patient')}, and ${count(train.augmented, 'augmented copy', 'augmented copies')}`,
    ],
    ['test side', `${count(test.images, 'image')} of ${count(test.patients, 'patient')}, untouched`],
    ['preset', protocol.preset],
    ['seed', String(protocol.seed)],
    ['backend', protocol.backend],
    ['low-resolution input', `${protocol.inputSize} x ${protocol.inputSize} pixels, enlarged x4 by the generator`],
    ['generator', plain(networks.generator)],
    ['discriminator', plain(networks.discriminator)],
    ['Siamese network', plain(networks.siamese)],
    [
      'perceptual loss',
      protocol.perceptual === 'vgg19'
        ? 'VGG19 features'
        : `${plain(protocol.perceptual)} features, not VGG19: no VGG weights were given`,
    ],
  ]
  const left =
    skipped.length === 0 ? '' : `\n\nLeft out as unreadable:\n\n${skipped.map((line) => `- ${plain(line)}`).join('\n')}`
  return `## Protocol\n\n${table(['what', 'value'], rows)}${left}`
}

function resultRow(name: string, result: Evaluation): string[] {
  const losses = Object.entries(result.loss).map(([term, value]) => `${plain(term)} ${value.toFixed(4)}`)
  return [
    name,
    `${percent(result.accuracy)}${within(result.accuracyInterval, (value) => (value * 100).toFixed(1))}`,
    `${orDash(result.auc, (value) => value.toFixed(4))}${within(result.aucInterval, (value) => value.toFixed(3))}`,
    losses.join(', '),
    orDash(result.tpr, (value) => value.toFixed(3)),
    orDash(result.fpr, (value) => value.toFixed(3)),
    `${result.n} (${result.positives})`,
    String(result.patients),
  ]
}

const resultHead = ['images', 'accuracy', 'AUC', 'loss', 'TPR', 'FPR', 'n (malignant)', 'patients']

function resultsSection({ results, runs }: PipelineReport): string {
  const { overall, byMagnification } = results
  const rows = [
    resultRow('**all**', overall),
    ...Object.entries(byMagnification).map(([magnification, result]) => resultRow(`${magnification}x`, result)),
  ]
  const level = Math.round(overall.accuracyInterval.level * 100)
  const aucMethod = overall.aucInterval === null ? '' : `; of the AUC: ${overall.aucInterval.method}`
  const notes = [
    `Positive = malignant, threshold 0.5. In brackets ${level} % intervals (of the accuracy: ${overall.accuracyInterval.method}${aucMethod}). Images of one patient are not independent, so that the truth is wider.`,
  ]
  if (overall.auc === null) notes.push('The test set holds one class only: there is no AUC.')
  if (overall.auc === 1)
    notes.push('An AUC of exactly 1 has no interval: perfect separation of so few images proves little.')
  const others = runs.slice(1)
  const more =
    others.length === 0
      ? ''
      : `\n\n### Other runs\n\n${table(
          ['split', 'input', ...resultHead.slice(1)],
          others.map(({ split, arm, heads }) => [split, arm, ...resultRow('', heads.sigmoid.overall).slice(1)]),
        )}`
  return `## Results on the test set\n\n${table(resultHead, rows)}\n\n${notes.join('\n')}${more}`
}

function paperSection(report: PipelineReport): string {
  const { published, results, protocol } = report
  const names = Object.keys(published.tableII[0]?.accuracy ?? {})
  const ours = results.byMagnification
  const level = protocol.split.startsWith('official:') ? splitWords(protocol.split) : plain(protocol.split)
  const rows = published.tableII.map((row) => [
    plain(row.work),
    ...Object.values(row.accuracy).map(
      ({ accuracy, deviation }) => `${accuracy}${deviation === undefined ? '' : ` ± ${deviation}`}`,
    ),
    row.level,
  ])
  const own = names.map((name) => {
    const result = ours[name]
    return result === undefined ? '–' : `**${(result.accuracy * 100).toFixed(2)}** (n = ${result.n})`
  })
  const headline = table(
    ['', 'loss', 'accuracy', 'AUC'],
    [
      ['the paper', String(published.loss), String(published.accuracy), String(published.auc)],
      [
        '**this run**',
        Object.values(results.overall.loss)
          .map((value) => value.toFixed(4))
          .join(', '),
        results.overall.accuracy.toFixed(4),
        orDash(results.overall.auc, (value) => value.toFixed(4)),
      ],
    ],
  )
  return `## Beside the published figures

The published figures stand here to be looked at, not because this run reaches or confirms them: data, split, size of the test set
and training effort differ${protocol.source === 'breakhis' ? '' : ', and these are not even the same images'}.

${headline}

Accuracy in % by magnification (Table II of the paper; the last column says how each work split, where that is known):

${table(['work', ...names.map((name) => `${name}x`), 'split'], [...rows, ['**this run**', ...own, level]])}

${attainableText(report)}`
}

/** Which of the paper's accuracies can be a share of its own test set at all. */
function attainableText(report: PipelineReport): string {
  const own = report.published.tableII.at(-1)!
  const { benign, malignant } = report.tableI.published
  const total = (magnification: Magnification): number => benign[magnification] + malignant[magnification]
  const images = magnifications.reduce((sum, m) => sum + total(m), 0)
  const pooled = magnifications.reduce((sum, m) => sum + own.accuracy[m].accuracy * total(m), 0) / images
  const rows = paperAttainability(report).map(({ name, percent, testSizes, counts }) => [
    name,
    percent.toFixed(2),
    testSizes.join(' or '),
    counts.length === 0 ? '**no**' : counts.map(({ right, n }) => `yes, ${right}/${n}`).join('; '),
  ])
  return `### Which of the paper’s accuracies can be a share of a 20 % test set

${table(['images', 'quoted %', '20 % of Table I', 'a whole number of right answers?'], rows)}

Weighted by the images, its four magnifications pool to ${pooled.toFixed(2)} %, not to the headline’s ${(report.published.accuracy * 100).toFixed(2)} %.`
}

function tableISection({ tableI, leakage, protocol }: PipelineReport): string {
  const row = (name: string, label: 'benign' | 'malignant'): string[] => {
    const cell = (magnification: Magnification): string =>
      `${tableI.measured[label][magnification]} (${tableI.published[label][magnification]})`
    const sum = (counts: Readonly<Record<string, number>>): number =>
      Object.values(counts).reduce((total, n) => total + n, 0)
    const both = `${sum(tableI.measured[label])} (${sum(tableI.published[label])})`
    return [name, ...magnifications.map(cell), both, `${tableI.slides[label]} (${publishedTableI[label].patients})`]
  }
  const unit = leakage.unknown.slides === protocol.images ? 'patients (slides)' : 'slides'
  const head = ['images: here (Table I)', ...magnifications.map((name) => `${name}x`), 'sum', unit]
  return `## Images beside the paper’s Table I\n\n${table(head, [row('benign', 'benign'), row('malignant', 'malignant')])}`
}

/** One line for every time that training went back; nothing where it never did. */
function rollBackLines({ history: { rollBacks } }: PipelineReport): string {
  const lines = rollBacks.map(
    ({ stage, step, to, reason, rateFactor }) =>
      `- ${stage === 'psnr' ? 'PSNR stage' : 'GAN stage'}: with ${count(step, 'step')} done (${plain(reason)}), back to ${count(to, 'step')}, learning rate times ${rateFactor}`,
  )
  return lines.length === 0
    ? ''
    : `\n\nTraining diverged ${count(lines.length, 'time')} and went back to its last good weights:\n\n${lines.join('\n')}`
}

function superResolutionSection(report: PipelineReport): string {
  const sr = report.superResolution

  const better = (own: number, other: number, digits: number): string =>
    own.toFixed(digits) === other.toFixed(digits) ? 'neither' : own > other ? 'the generator' : 'bicubic'
  const rows = [
    ['PSNR in dB', sr.psnr.toFixed(2), sr.bicubicPsnr.toFixed(2), better(sr.psnr, sr.bicubicPsnr, 2)],
    ['SSIM', sr.ssim.toFixed(4), sr.bicubicSsim.toFixed(4), better(sr.ssim, sr.bicubicSsim, 4)],
  ]
  return `## Super-resolution x4 of held-out images

${table(['mean', 'generator', 'bicubic', 'better'], rows)}

${count(sr.n, 'image')} of the test side, ${sr.channel.toUpperCase()} channel, ${sr.crop} pixels cropped at each border; low resolution by MATLAB’s bicubic
x1/4. A generator trained against a discriminator gives up PSNR for sharpness: less PSNR than bicubic is no defect by itself, nor does
more of it show that a diagnosis gets better.${rollBackLines(report)}`
}

/** Bytes as MiB or GiB. */
const memory = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`

function dataTimeText({ dataTime }: PipelineReport): string {
  const rows = Object.entries(dataTime).map(([stage, { seconds, waited, worked, share }]) => [
    plain(stage),
    ...[seconds, waited, worked].map((value) => value.toFixed(2)),
    percent(share),
  ])
  if (rows.length === 0) return ''
  return `\n\n${table(['stage', 'seconds', 'of it: waiting for data', 'working on data', 'share of data'], rows)}

Data: reading, decoding, cutting and shrinking patches, augmenting, resizing, making tensors of pixels. Waiting: nothing else could go on.
Working: the main thread did it, also while a step was under way; the two do not overlap. What other threads decoded during a step costs
that step nothing, and does not count.`
}

function costSection(report: PipelineReport, environment: RunEnvironment): string {
  const { seconds, protocol } = report
  const { peakMemoryBytes, backendDescription, command } = environment
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0)
  const rows = [
    ...Object.entries(seconds).map(([stage, value]) => [plain(stage), value.toFixed(1)]),
    ['**sum**', total.toFixed(1)],
  ]
  const lines = [
    `Backend: ${plain(backendDescription ?? protocol.backend)}.`,
    ...(peakMemoryBytes === undefined ? [] : [`Peak memory of the process: ${memory(peakMemoryBytes)}.`]),
    ...(command === undefined ? [] : ['', 'Made by:', '', `    ${command}`]),
  ]
  return `## Time and memory\n\n${table(['stage', 'seconds'], rows)}${dataTimeText(report)}\n\n${lines.join('\n')}`
}

function limitsSection({ protocol, results }: PipelineReport): string {
  const limits = [
    'This is an experiment with software, not a medical device; nothing here may guide a diagnosis.',
    'One run with one seed: another seed gives other numbers. This run chose nothing by its test set: the last epoch counts, at threshold 0.5, and the test curves per epoch are only shown.',
    ...(protocol.source === 'synthetic' && protocol.preset === 'quick'
      ? [
          'The quick preset’s settings were found on synthetic images, by their test sides too: its result on them shows that the task can be learned, and is no unbiased estimate.',
        ]
      : []),
    `${count(results.overall.n, 'test image')} of ${count(results.overall.patients, 'patient')}: the intervals above are optimistic, since images of one patient resemble each other.`,
    'The networks see the image only; staining, scanner and laboratory are the same on both sides, so that other laboratories may give worse results.',
    'The generator adds detail that was never in the input. It may look like tissue and be none.',
  ]
  if (protocol.split === 'image')
    limits.push('Image-level split: images of one patient are on both sides, and the accuracy is too good.')
  if (protocol.split.startsWith('official:'))
    limits.push(
      'Official fold: it keeps slides apart, but not every person; patient 14-13412 is on both sides of folds 1, 3 and 5, and so are accessions in every fold.',
    )
  if (protocol.preset === 'quick')
    limits.push(
      'The quick preset trains small networks for a few steps: it shows that the way works, not what it can reach.',
    )
  if (protocol.networks.generator.includes('bicubic skip'))
    limits.push('The generator adds its output to a bicubic enlargement of its input; the paper’s generator does not.')
  return `## Limits\n\n${limits.map((line) => `- ${line}`).join('\n')}`
}

const captions: Readonly<Record<string, string>> = {
  panel: 'Held-out crops: low-resolution input, bicubic, ESRGAN, original',
  accuracy: 'Accuracy per epoch',
  loss: 'Loss per epoch',
  roc: 'ROC curve of the test set',
  augmented: 'Augmented training images',
  esrgan: 'ESRGAN losses per step',
}

function figuresSection({ figures }: PipelineReport): string | undefined {
  const pictures = figures.filter((file) => file.endsWith('.png'))
  const shown = pictures.length > 0 ? pictures : figures
  if (shown.length === 0) return undefined
  const embed = (file: string): string => {
    const name = file.replace(/^.*\//, '').replace(/\.\w+$/, '')
    return `### ${captions[name] ?? plain(name)}\n\n![${captions[name] ?? plain(name)}](${encodeURI(file)})`
  }
  return `## Figures\n\n${shown.map(embed).join('\n\n')}`
}

function settingsSection({ protocol }: PipelineReport): string {
  const rows = Object.entries(protocol.settings).map(([name, value]) => [plain(name), plain(String(value))])
  return `## Settings\n\n${table(['setting', 'value'], rows)}`
}

/**
 * The report as a Markdown page. The first line says what was run on what; a run on drawn images, with limited steps, or with
 * images left out says so in bold right below it. Figures are those of `report.figures`, as paths relative to the page.
 */
export function reportMarkdown(report: PipelineReport, environment: RunEnvironment = {}): string {
  const { protocol } = report
  const rehearsal = protocol.maxSteps === null ? '' : ', rehearsal with limited steps'
  const title = `# ESRGAN + Siamese CNN, benign against malignant: ${count(protocol.images, sourceName(protocol).replace(/s$/, ''))}, ${splitWords(protocol.split)}, ${protocol.preset} preset${rehearsal}`
  const sections = [
    title,
    ...noticeLines(protocol).map(({ long }) => `**${long}**`),
    'A run of the pipeline of Nneji et al., *A Super-Resolution Generative Adversarial Network with Siamese CNN Based on Low Quality for Breast Cancer Identification*, PRAI 2021, doi 10.1109/PRAI53619.2021.9551033.',
    resultsSection(report),
    superResolutionSection(report),
    figuresSection(report),
    protocolSection(report),
    leakageSection(report),
    paperSection(report),
    tableISection(report),
    settingsSection(report),
    costSection(report, environment),
    limitsSection(report),
  ]
  return `${sections.filter((section) => section !== undefined).join('\n\n')}\n`
}
