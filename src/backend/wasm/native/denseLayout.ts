/** The sizes of a residual dense block with 3x3 filters. */
export interface DenseBlock {
  readonly batch: number
  readonly height: number
  readonly width: number
  /** Channels of its input. */
  readonly features: number
  /** Output channels of each convolution; the last has as many as the input. */
  readonly outputs: readonly number[]
  /** Winograd's outputs of a tile along an axis. */
  readonly m: number
}

/** Where the channels lie: those of the input and of all outputs but the last side by side, `all` of them. */
export function denseLayout({ features, outputs }: DenseBlock): {
  /** Input channels of each convolution, which is where its output begins. */
  readonly starts: readonly number[]
  /** Where the gradient of each convolution's output begins: they lie the other way round, the last one's first. */
  readonly gradientStarts: readonly number[]
  readonly all: number
} {
  const starts = outputs.map((_, k) => outputs.slice(0, k).reduce((sum, n) => sum + n, features))
  const gradientStarts = outputs.map((_, k) => outputs.slice(k + 1).reduce((sum, n) => sum + n, 0))
  return { starts, gradientStarts, all: starts.at(-1)! }
}
