import type { Advice, BackendDiagnosis, BackendExamination } from '../node/index.js'

const width = 96
const indent = 15

/** Breaks a text into lines of at most {@link width}, all indented. */
function wrapped(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each)
}

/** A reason in lines; the command that repairs it stays whole, on its own line. */
function explained(text: string): string[] {
  const [why, command] = text.split('; run: ')
  return [...wrapped(why!), ...(command === undefined ? [] : [`${' '.repeat(indent)}run: ${command}`])]
}

/** A speed with three digits. */
const gflops = (value: number | undefined): string =>
  value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value.toPrecision(3)

const row = (name: string, state: string, ...columns: string[]): string =>
  [name.padEnd(indent - 1), state.padEnd(9), ...columns.map((column) => column.padStart(13))].join(' ').trimEnd()

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** The kernels that were put in force, by reason. */
function repairLines(backend: BackendExamination): string[] {
  const reasons = ['missing', 'wrong', 'slow'] as const
  const parts = reasons.flatMap((reason) => {
    const kernels = (backend.repairs ?? []).filter((repair) => repair.reason === reason).map(({ kernel }) => kernel)
    return kernels.length === 0 ? [] : [`${reason}: ${kernels.join(', ')}`]
  })
  return parts.length === 0
    ? []
    : wrapped(`${plural(backend.repairs!.length, 'kernel')} repaired · ${parts.join(' · ')}`)
}

/** How this package's own kernels compute. */
function kernelLines({ name, state, kernels }: BackendExamination): string[] {
  if (name !== 'wasm' || state !== 'works') return []
  if (kernels === undefined) return wrapped('own kernels: no')
  const { threads, fused, precision } = kernels
  return wrapped(
    `own kernels: yes · ${plural(threads, 'thread')} · FMA ${fused ? 'yes' : 'no'} · precision ${precision}`,
  )
}

function backendLines(backend: BackendExamination): string[] {
  const { name, state, reason, description, threads, isSoftware, convolutionGflops, trainingGflops } = backend
  const shown = state === 'works' && isSoftware === true ? 'software' : state
  return [
    row(name, shown, threads === undefined ? '-' : String(threads), gflops(convolutionGflops), gflops(trainingGflops)),
    ...[reason, description].flatMap((text) => (text === undefined ? [] : explained(text))),
    ...kernelLines(backend),
    ...repairLines(backend),
  ]
}

const adviceLines = ({ what, command }: Advice): string[] => [
  `  - ${what}`,
  ...(command === undefined ? [] : [`    ${command}`]),
]

/** A diagnosis as a text for people, at most 96 columns wide where its words allow. */
export function doctorTable(diagnosis: BackendDiagnosis): string {
  const { machine, packages, backends, chosen, advice } = diagnosis
  const { node, platform, processor, cores, memoryBytes, wasm } = machine
  const features = [
    `SIMD ${wasm.simd ? 'yes' : 'no'}`,
    `threads ${wasm.threads ? 'yes' : 'no'}`,
    `relaxed SIMD ${wasm.relaxedSIMD ? 'yes' : 'no'}`,
  ]
  const installed = packages.map(({ name, version, problem }) => {
    const state = version === undefined ? 'not installed' : `${version}${problem === undefined ? '' : '  (wrong)'}`
    return `  ${name.padEnd(32)} ${state}`
  })
  return [
    `Node ${node} · ${platform} · ${plural(cores, 'core')} · ${(memoryBytes / 2 ** 30).toFixed(1)} GiB${processor === '' ? '' : ` · ${processor}`}`,
    `WebAssembly: ${features.join(', ')}`,
    '',
    row('backend', 'state', 'threads', 'convolution', 'training step'),
    row('', '', '', 'GFLOP/s', 'GFLOP/s'),
    ...backends.flatMap(backendLines),
    '',
    chosen === undefined ? '--backend auto finds no backend here.' : `--backend auto takes ${chosen}.`,
    '',
    'Packages:',
    ...installed,
    ...(advice.length === 0 ? [] : ['', 'To go faster:', ...advice.flatMap(adviceLines)]),
    '',
  ].join('\n')
}
