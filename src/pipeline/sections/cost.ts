import { plain, stack, table } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'
import type { RunEnvironment } from '../runEnvironment.js'
import { percent } from './numbers.js'

/** Bytes as MiB or GiB. */
const memory = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`

/** Seconds in hours, minutes and seconds. */
function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  return h > 0 ? `${h} h ${m} min` : m > 0 ? `${m} min ${s} s` : `${seconds.toFixed(1)} s`
}

function dataTimeText({ dataTime }: PipelineReport): string | undefined {
  const rows = Object.entries(dataTime).map(([stage, { seconds, waited, worked, share }]) => [
    plain(stage),
    ...[seconds, waited, worked].map((value) => value.toFixed(2)),
    `${percent(share, 2)} %`,
  ])
  if (rows.length === 0) return undefined
  return stack([
    table(['stage', 'seconds', 'of it: waiting for data', 'working on data', 'share of data'], rows),
    'Data: reading, decoding, cutting and shrinking patches, augmenting, resizing, making tensors of pixels. Waiting: nothing else could go on. Working: the main thread did it, also while a step was under way; the two do not overlap. What other threads decoded during a step costs that step nothing, and does not count.',
  ])
}

/** The command as a code block, whose fence is longer than any run of backticks in it. */
function commandBlock(command: string): string {
  const longest = Math.max(2, ...[...command.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${command.replaceAll(/[\r\n]+/g, ' ')}\n${fence}`
}

/** What the run took, and how to make it again. */
export function costSection(report: PipelineReport, environment: RunEnvironment): string {
  const { seconds, protocol, versions } = report
  const { peakMemoryBytes, backendDescription, command, runtime } = environment
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0)
  const software = [
    `esrgan-scnn ${plain(versions.package)}`,
    `TensorFlow.js ${plain(versions.tfjs)}`,
    ...(runtime === undefined ? [] : [plain(runtime)]),
  ]
  const lines = [
    `Duration: ${duration(total)}.`,
    `Backend: ${plain(backendDescription ?? protocol.backend)}.`,
    `Versions: ${software.join(', ')}.`,
    ...(peakMemoryBytes === undefined ? [] : [`Peak memory of the process: ${memory(peakMemoryBytes)}.`]),
  ]
  return stack([
    '## Time, memory and versions',
    lines.join(' '),
    table(
      ['stage', 'seconds'],
      [
        ...Object.entries(seconds).map(([stage, value]) => [plain(stage), value.toFixed(1)]),
        ['**sum**', total.toFixed(1)],
      ],
    ),
    dataTimeText(report),
    ...(command === undefined ? [] : ['Made by:', commandBlock(command)]),
  ])
}
