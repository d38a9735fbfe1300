import { dataRows, type DataRow } from './data/dataRows.js'

/** A 3x3 convolution of stride 1 with zero padding, or one of its two gradients. */
export interface ConvolutionSpec {
  readonly kind: 'conv-forward' | 'conv-input-gradient' | 'conv-filter-gradient'
  readonly batch: number
  readonly size: number
  readonly inputs: number
  readonly outputs: number
}

/** The RRDB generator: one step of its PSNR stage, or inference. `size` is the low-resolution side. */
export interface GeneratorSpec {
  readonly kind: 'rrdb-train' | 'rrdb-forward'
  readonly blocks: number
  readonly features: number
  readonly growth: number
  readonly batch: number
  readonly size: number
}

/** The discriminator's own update: real and generated images, relativistic loss, Adam. */
export interface DiscriminatorSpec {
  readonly kind: 'discriminator-step'
  readonly size: number
  readonly features: number
  readonly batch: number
}

/** One update of the Siamese network on `pairs` pairs of images. */
export interface SiameseSpec {
  readonly kind: 'siamese-step'
  readonly size: number
  readonly widths: readonly number[]
  readonly pairs: number
}

/** The gradient of the perceptual loss with respect to the generated images, through VGG19 up to conv5_4. */
export interface VGGSpec {
  readonly kind: 'vgg-gradient'
  readonly size: number
  readonly batch: number
}

/** What a row measures. */
export type Spec = ConvolutionSpec | GeneratorSpec | DiscriminatorSpec | SiameseSpec | VGGSpec

/** One line of the networks' table. */
export interface NetworkRow {
  readonly name: string
  readonly spec: Spec
}

/** Batch, side, input and output channels: the generator's and the discriminator's layers, the paper's 224 pixels, and both 3-channel ends. */
const shapes: readonly (readonly [number, number, number, number])[] = [
  [1, 32, 64, 32],
  [1, 32, 192, 64],
  [4, 128, 64, 64],
  [1, 224, 32, 32],
  [1, 32, 3, 64],
  [1, 128, 64, 3],
]

const convolutions: readonly NetworkRow[] = shapes.flatMap(([batch, size, inputs, outputs]) =>
  (['conv-forward', 'conv-input-gradient', 'conv-filter-gradient'] as const).map((kind) => ({
    name: `${kind}-${batch === 1 ? '' : `${batch}x`}${size}x${size}-${inputs}-${outputs}`,
    spec: { kind, batch, size, inputs, outputs },
  })),
)

/** The rows of convolutions and networks. */
export const networkRows: readonly NetworkRow[] = [
  ...convolutions,
  {
    name: 'rrdb-train-nb23',
    spec: { kind: 'rrdb-train', blocks: 23, features: 64, growth: 32, batch: 1, size: 32 },
  },
  {
    name: 'rrdb-train-nb3',
    spec: { kind: 'rrdb-train', blocks: 3, features: 32, growth: 16, batch: 4, size: 32 },
  },
  {
    name: 'rrdb-forward-nb23',
    spec: { kind: 'rrdb-forward', blocks: 23, features: 64, growth: 32, batch: 1, size: 64 },
  },
  { name: 'discriminator-step', spec: { kind: 'discriminator-step', size: 128, features: 64, batch: 2 } },
  { name: 'siamese-step', spec: { kind: 'siamese-step', size: 256, widths: [16, 32, 64, 128, 128], pairs: 8 } },
  { name: 'vgg-gradient', spec: { kind: 'vgg-gradient', size: 128, batch: 1 } },
]

/** One line of the benchmark. */
export type Row = NetworkRow | DataRow

/** Whether it is a row of images or records. */
export const isDataRow = (row: Row): row is DataRow => 'data' in row

/** Every row, in the order of the tables. */
export const rows: readonly Row[] = [...networkRows, ...dataRows]

/** The rows with one of these names or prefixes, in the tables' order; all without any. `unknown` lists what fits no row. */
export function selectRows(wanted: readonly string[]): {
  readonly selected: readonly Row[]
  readonly unknown: readonly string[]
} {
  const fits = (name: string, text: string): boolean =>
    rows.some((row) => row.name === text) ? name === text : name.startsWith(text)
  return {
    selected: wanted.length === 0 ? rows : rows.filter(({ name }) => wanted.some((text) => fits(name, text))),
    unknown: wanted.filter((text) => text === '' || !rows.some(({ name }) => fits(name, text))),
  }
}
