import type { Result } from './measure.js'

export const number = (value: number | null, digits: number): string => (value === null ? '–' : value.toFixed(digits))

/** Three significant digits for times, which go from microseconds to seconds. */
export const time = (ms: number | null): string =>
  ms === null ? '–' : ms >= 1000 ? Math.round(ms).toString() : ms.toPrecision(3)

/** A column: its title, and what it says of a result. */
export type Column<T> = readonly [title: string, text: (result: T) => string]

const columns: readonly Column<Result>[] = [
  ['row', ({ name }) => name],
  ['backend', ({ backend }) => backend],
  ['threads', ({ threads }) => String(threads)],
  ['ms', ({ medianMs }) => time(medianMs)],
  ['GFLOP/s', ({ gflops }) => number(gflops, 1)],
  ['peak MB', ({ peakMB }) => number(peakMB, 0)],
  ['PyTorch ms', ({ pytorchMs }) => time(pytorchMs)],
  ['ratio', ({ ratioToPyTorch }) => number(ratioToPyTorch, 2)],
  ['onnxruntime ms', ({ onnxruntimeMs }) => time(onnxruntimeMs)],
  ['ratio', ({ ratioToOnnxruntime }) => number(ratioToOnnxruntime, 2)],
]

/** A Markdown table with aligned columns, names to the left and numbers to the right, and every note once below it. */
export function markdownTable<T extends { readonly notes: readonly string[] }>(
  results: readonly T[],
  titles: readonly Column<T>[],
  names: readonly string[],
): string {
  const isName = titles.map(([title]) => names.includes(title))
  const cells = [titles.map(([title]) => title), ...results.map((result) => titles.map(([, text]) => text(result)))]
  const widths = titles.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)))
  const lineOf = (line: readonly string[]): string =>
    `| ${line.map((text, i) => (isName[i] ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join(' | ')} |`
  const rule = `|${widths.map((width, i) => (isName[i] ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const notes = [...new Set(results.flatMap((result) => result.notes))]
  return [lineOf(cells[0]!), rule, ...cells.slice(1).map(lineOf), '', ...notes.map((note) => `- ${note}`)].join('\n')
}

/** The networks' results as a Markdown table. */
export const table = (results: readonly Result[]): string => markdownTable(results, columns, ['row', 'backend'])

/** The profile of one row: own time by kernel, then the slowest shapes, so many at most of either. */
export function profileText({ name, backend, threads, profile }: Result, lines = 25): string {
  if (profile === undefined) return ''
  const share = (ms: number): string => `${((100 * ms) / profile.stepMs).toFixed(1)} %`.padStart(7)
  const line = (ms: number, calls: number | undefined, what: string): string =>
    `${ms.toFixed(2).padStart(10)} ms ${share(ms)} ${(calls === undefined ? '' : calls.toFixed(0)).padStart(6)}  ${what}`
  return [
    `\n${name} on ${backend}, threads: ${threads}: ${profile.stepMs.toFixed(1)} ms under the profiler, by kernel (own time, share, calls)`,
    ...profile.kernels.slice(0, lines).map(({ kernel, calls, ms }) => line(ms, calls, kernel)),
    line(profile.otherMs, undefined, 'outside kernels: the tape, JavaScript, reading results'),
    'by kernel and shapes of its inputs:',
    ...profile.shapes.slice(0, lines).map(({ kernel, calls, ms, shapes }) => line(ms, calls, `${kernel} (${shapes})`)),
  ].join('\n')
}
