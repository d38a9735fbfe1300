/**
 * Times every algorithm for convolutions on a grid of shapes and writes the fastest into the table by which the wasm backend
 * chooses, src/backend/wasm/native/choices.ts: docs/benchmarks.md.
 *
 *   npm run tune-kernels [-- --threads 2]
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { add, conv2d, engine, randomNormal, tidy, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core'
import {
  algorithms,
  forceAlgorithm,
  winogradKinds,
  type Algorithm,
  type ConvolutionKind,
  type Operation,
} from '../src/backend/wasm/native/choice.js'
import { wasmPrecisions } from '../src/backend/index.js'
import { startBackend } from '../src/node/index.js'

const channelSteps = [3, 16, 64, 256]
/** Batch and side of the output. */
const images: readonly (readonly [batch: number, side: number])[] = [
  [1, 8],
  [1, 32],
  [2, 64],
]
const operations: readonly Operation[] = ['forward', 'inputGradient', 'filterGradient']
/** What is measured for each kind; the last two are like the Siamese encoder's and the discriminator's. */
const kinds: Readonly<Record<ConvolutionKind, { filter: number; stride: number }>> = {
  '3x3': { filter: 3, stride: 1 },
  '1x1': { filter: 1, stride: 1 },
  '3x3/2': { filter: 3, stride: 2 },
  '4x4/2': { filter: 4, stride: 2 },
  uneven: { filter: 3, stride: 2 },
  other: { filter: 4, stride: 2 },
}

interface Shape {
  readonly kind: ConvolutionKind
  readonly batch: number
  readonly side: number
  readonly inputs: number
  readonly outputs: number
}

/** The convolutions of one shape, by operation. As in training each call has a filter of its own, laid out anew. */
function work({ kind, batch, side, inputs, outputs }: Shape) {
  const { filter: size, stride } = kinds[kind]
  const x = randomNormal([batch, side * stride, side * stride, inputs], 0, 1, 'float32', 1)
  const dy = randomNormal([batch, side, side, outputs], 0, 1, 'float32', 2)
  const filters = randomNormal([size, size, inputs, outputs], 0, 1, 'float32', 3)
  const ofFilter = (compute: (filter: Tensor) => Tensor): Tensor => tidy(() => compute(add(filters, 0)))
  const run = (name: string, tensors: Record<string, Tensor>, more: object): Tensor => {
    const attributes = { strides: stride, pad: 'same', dataFormat: 'NHWC', ...more }
    return engine().runKernel(name, tensors, attributes as unknown as NamedAttrMap) as Tensor
  }
  const of: Record<Operation, () => Tensor> = {
    forward: () => ofFilter((filter) => conv2d(x as never, filter as never, stride, 'same')),
    inputGradient: () => ofFilter((filter) => run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape })),
    filterGradient: () => run('Conv2DBackpropFilter', { x, dy }, { filterShape: filters.shape }),
  }
  return {
    of,
    dispose: () => {
      for (const tensor of [x, dy, filters]) tensor.dispose()
    },
  }
}

/** Milliseconds of one call of each algorithm, the best of rounds in which they take turns. */
function time(compute: () => Tensor, candidates: readonly Algorithm[]): Map<Algorithm, number> {
  const call = (algorithm: Algorithm, times: number): number => {
    forceAlgorithm(algorithm)
    const start = performance.now()
    for (let i = 0; i < times; i++) compute().dispose()
    return (performance.now() - start) / times
  }
  const best = new Map(candidates.map((algorithm) => [algorithm, call(algorithm, 1)]))
  for (let round = 0; round < 9; round++) {
    for (const algorithm of candidates) {
      const times = Math.max(1, Math.min(200, Math.round(4 / best.get(algorithm)!)))
      best.set(algorithm, Math.min(best.get(algorithm)!, call(algorithm, times)))
    }
  }
  forceAlgorithm(undefined)
  return best
}

const { values: options } = parseArgs({ options: { threads: { type: 'string', default: '2' } } })
const { description } = await startBackend('wasm', { threads: Number(options.threads) })
console.log(`${description}, Node ${process.version}; GFLOP/s of each algorithm`)

const letters = new Map(Object.entries(algorithms).map(([letter, algorithm]) => [algorithm, letter]))
const tables: Record<string, Record<string, Record<string, string[]>>> = {}
for (const operation of operations) {
  for (const [kind, { filter }] of Object.entries(kinds) as [ConvolutionKind, { filter: number }][]) {
    const candidates: Algorithm[] = ['composed', 'direct']
    if (winogradKinds.has(kind)) candidates.push('winograd2', 'winograd4')
    for (const [batch, side] of images) {
      for (const inputs of channelSteps) {
        const rows = new Map(wasmPrecisions.map((precision) => [precision, '']))
        for (const outputs of channelSteps) {
          const { of, dispose } = work({ kind, batch, side, inputs, outputs })
          const times = time(of[operation], candidates)
          dispose()
          const operationsOf = 2 * batch * side ** 2 * filter ** 2 * inputs * outputs
          const rates = candidates.map((name) => `${name} ${(operationsOf / times.get(name)! / 1e6).toFixed(1)}`)
          console.log(`${operation} ${kind} ${batch}x${side}x${side} ${inputs} to ${outputs}: ${rates.join(', ')}`)
          for (const precision of wasmPrecisions) {
            const allowed = candidates.filter((name) => precision === 'fast' || name !== 'winograd4')
            const fastest = allowed.reduce((a, b) => (times.get(b)! < times.get(a)! ? b : a))
            rows.set(precision, rows.get(precision)! + letters.get(fastest)!)
          }
        }

        for (const [precision, row] of rows) (((tables[precision] ??= {})[operation] ??= {})[kind] ??= []).push(row)
      }
    }
  }
}

/** One line for each number of pixels. */
const lines = (rows: readonly string[]): string => {
  const perLine = channelSteps.length
  const groups = Array.from({ length: rows.length / perLine }, (_, i) => rows.slice(i * perLine, (i + 1) * perLine))
  return groups.map((group) => `        ${group.map((row) => `'${row}'`).join(', ')},`).join('\n')
}
const text = `import type { WasmPrecision } from '../precision.js'
import type { ConvolutionKind, Operation } from './choice.js'

// Written by \`npm run tune-kernels\`: ${description}, Node ${process.version}.

/** Channels in and out that were measured. */
export const channelSteps: readonly number[] = [${channelSteps.join(', ')}]

/** Output pixels of a batch that were measured. */
export const pixelSteps: readonly number[] = [${images.map(([batch, side]) => batch * side ** 2).join(', ')}]

/**
 * The fastest algorithm by its letter: a line for each number of pixels, in it a word for each number of input channels, in
 * that a letter for each number of output channels.
 */
// oxfmt-ignore
export const choices: Readonly<Record<WasmPrecision, Record<Operation, Record<ConvolutionKind, readonly string[]>>>> = {
${wasmPrecisions
  .map(
    (precision) => `  ${precision}: {
${operations
  .map(
    (operation) => `    ${operation}: {
${Object.keys(kinds)
  .map(
    (kind) =>
      `      ${/^[a-z]/.test(kind) ? kind : `'${kind}'`}: [\n${lines(tables[precision]![operation]![kind]!)}\n      ],`,
  )
  .join('\n')}
    },`,
  )
  .join('\n')}
  },`,
  )
  .join('\n')}
}
`
writeFileSync('src/backend/wasm/native/choices.ts', text)
process.exit(0)
