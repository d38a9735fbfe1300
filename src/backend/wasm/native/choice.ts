import type { backend_util } from '@tensorflow/tfjs-core'
import type { WasmPrecision } from '../precision.js'
import { channelSteps, choices, pixelSteps } from './choices.js'

/**
 * What computes a convolution: this package's kernels, or `composed` of those of tfjs. Winograd's with tiles of 2x2 and 4x4
 * outputs; where the stride is 2, of 3x3, and of 4x4 or 5x5.
 */
export type Algorithm = 'composed' | 'direct' | 'winograd2' | 'winograd4'

/** The algorithms by the letters of the table. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  c: 'composed',
  d: 'direct',
  2: 'winograd2',
  4: 'winograd4',
}

/** A convolution or one of its gradients. */
export type Operation = 'forward' | 'inputGradient' | 'filterGradient'

/** What of a convolution decides who computes it. */
export type ConvolutionKind = '3x3' | '1x1' | '3x3/2' | '4x4/2' | 'uneven' | 'other'

/** The kinds that Winograd's algorithms take. */
export const winogradKinds: ReadonlySet<ConvolutionKind> = new Set<ConvolutionKind>(['3x3', '3x3/2', '4x4/2'])

/** The sizes that decide; `pixels` are those of a batch of outputs. */
export interface ConvolutionSize {
  readonly kind: ConvolutionKind
  readonly pixels: number
  readonly inChannels: number
  readonly outChannels: number
}

/** The sizes of a convolution. */
export function sizeOfConvolution(info: backend_util.Conv2DInfo): ConvolutionSize {
  const { batchSize, outHeight, outWidth, inChannels, outChannels } = info
  return { kind: kindOf(info), pixels: batchSize * outHeight * outWidth, inChannels, outChannels }
}

/**
 * 3x3 and 1x1 of stride 1; of stride 2 filters with sides of 2 to 4 and about as many taps as 3x3 or 4x4, which Winograd's
 * algorithms take too; strides that do not divide the filter, and all others.
 */
function kindOf(info: backend_util.Conv2DInfo): ConvolutionKind {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = info
  const [side, taps] = [Math.max(filterHeight, filterWidth), filterHeight * filterWidth]
  const isPlain = dilationHeight === 1 && dilationWidth === 1 && strideHeight === strideWidth
  if (isPlain && strideHeight === 1 && side === 3 && taps === 9) return '3x3'
  if (isPlain && strideHeight === 1 && side === 1) return '1x1'
  if (isPlain && strideHeight === 2 && side <= 4 && taps >= 8) return taps > 9 ? '4x4/2' : '3x3/2'
  return filterHeight % strideHeight === 0 && filterWidth % strideWidth === 0 ? 'other' : 'uneven'
}

/** The step nearest by ratio. */
function nearest(steps: readonly number[], value: number): number {
  let best = 0
  for (let i = 1; i < steps.length; i++) {
    if (value * value > steps[i - 1]! * steps[i]!) best = i
  }
  return best
}

let forced: Algorithm | undefined

/** Makes everything that an algorithm can compute go to it, for the benchmark that writes the table and for tests; undefined ends that. */
export function forceAlgorithm(algorithm: Algorithm | undefined): void {
  forced = algorithm
}

/** Pixels over which Winograd's filter gradients may sum. */
const mostPixels: Readonly<Record<WasmPrecision, number>> = { fast: 98_304, exact: 32_768 }

/**
 * Whether Winograd's algorithms keep what the precision promises, 1e-5 or 1e-6 of the root mean square: their errors grow with the
 * terms of a sum, faster than those of a direct sum.
 */
function keepsPrecision(
  operation: Operation,
  { kind, pixels, inChannels, outChannels }: ConvolutionSize,
  precision: WasmPrecision,
): boolean {
  if (operation === 'filterGradient') return pixels <= mostPixels[precision]
  if (precision === 'fast') return true
  if (operation === 'inputGradient') return outChannels <= 512
  return inChannels <= (kind === '3x3' ? 512 : 128)
}

/**
 * The algorithm that was fastest for the measured convolution nearest to this one: `choices` is a table that
 * `npm run tune-kernels` writes. Of the gradients it needs dilations of 1.
 */
export function chooseAlgorithm(operation: Operation, size: ConvolutionSize, precision: WasmPrecision): Algorithm {
  const { kind, pixels, inChannels, outChannels } = size
  const row = nearest(pixelSteps, pixels) * channelSteps.length + nearest(channelSteps, inChannels)
  const letter = choices[precision][operation][kind][row]![nearest(channelSteps, outChannels)]!
  const algorithm = forced ?? algorithms[letter]!
  if (!algorithm.startsWith('winograd')) return algorithm
  return winogradKinds.has(kind) && keepsPrecision(operation, size, precision) ? algorithm : 'direct'
}
