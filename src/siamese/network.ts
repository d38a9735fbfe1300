import {
  abs,
  add,
  matMul,
  mul,
  reshape,
  sub,
  tensor2d,
  tidy,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from '@tensorflow/tfjs-core'
import { ArgumentError, requireInteger, requireRange } from '../errors.js'
import { cosineDistance, euclideanDistance, squaredEuclideanDistance } from '../losses/index.js'
import { unitRows } from '../losses/distance.js'
import { createRandom } from '../random.js'
import { createNetwork, type Network } from '../training/index.js'
import { createConvEncoder, normalVariable, requireInputShape, type Encoder, type InputShape } from './encoder.js'

/** How far apart two embeddings are. `squared` is the paper's equation (4) read literally: the loss then squares it again. */
export type Metric = 'euclidean' | 'squared' | 'cosine'

const metrics: Readonly<Record<Metric, (a: Tensor2D, b: Tensor2D) => Tensor1D>> = {
  euclidean: euclideanDistance,
  squared: squaredEuclideanDistance,
  cosine: cosineDistance,
}

/** Whether a value names a distance. */
export const isMetric = (value: unknown): value is Metric => typeof value === 'string' && Object.hasOwn(metrics, value)

/** Which dropout masks a training step uses: a pure function of these numbers and of the image's place in the batch. */
export interface DropoutKey {
  /** Seed of the run. */
  readonly seed: number
  /** The step, counted from 0. */
  readonly step: number
  /** Place of the first image in the whole batch, for micro-batches; default 0. */
  readonly start?: number
  /** Images whose places differ by this many share a mask: the number of pairs, where first images stand before second ones. */
  readonly period?: number
}

/** Options of {@link createSiamese}. */
export interface SiameseOptions {
  /** Height, width and channels (3) of one image, for example `[896, 896, 3]`. May be left out with an `encoder`. */
  readonly inputShape?: InputShape
  /** The encoder; default {@link createConvEncoder} with `inputShape`, `widths` and `seed`. The network disposes it. */
  readonly encoder?: Encoder
  /** Stage widths of the default encoder; default by `defaultWidths`. */
  readonly widths?: readonly number[]
  /** Length of an embedding; default 128. */
  readonly embeddingSize?: number
  /** Share of the encoder's features that training drops; default 0.5 (the paper). */
  readonly dropout?: number
  /** The distance of two embeddings; default `euclidean`. */
  readonly metric?: Metric
  /**
   * Scales every embedding to length 1 (a row of zeros stays): distances are then at most 2 (squared 4), and only directions count, as
   * under `cosine`. The sigmoid head sees the scaled embedding, too. Default false.
   */
  readonly normalise?: boolean
  /**
   * Adds a trained head of pair verification (Koch, Zemel, Salakhutdinov 2015), `verify`, and to training the term `pair`. Default false:
   * `fitPairHead` verifies pairs by their distance, without training.
   */
  readonly pairHead?: boolean
  /** Seed of the initial weights; default 0. */
  readonly seed?: number
}

/** Twin networks with shared weights and a benign/malignant head. It owns its variables: call `dispose()`. */
export interface SiameseNetwork extends Network {
  /** The encoder that both twins run. */
  readonly encoder: Encoder
  /** Shape of one image. */
  readonly inputShape: InputShape
  /** Length of an embedding. */
  readonly embeddingSize: number
  /** Share of the features that training drops. */
  readonly dropout: number
  /** The name of `distance`. */
  readonly metric: Metric
  /** Whether embeddings have length 1. */
  readonly normalise: boolean
  /**
   * RGB images `[batch, height, width, 3]` in [0, 1] to embeddings `[batch, embeddingSize]`. With a `dropout` key the
   * features are dropped as in training, otherwise none are. Borrows the images; the caller disposes the result.
   */
  embed(images: Tensor4D, options?: { dropout?: DropoutKey }): Tensor2D
  /** Embeddings `[batch, embeddingSize]` to logits `[batch]`; `sigmoid(logit)` is the probability of malignant. */
  classify(embeddings: Tensor2D): Tensor1D
  /** Distances `[batch]` of two batches of embeddings, row by row. */
  distance(a: Tensor2D, b: Tensor2D): Tensor1D
  /**
   * Two batches of embeddings to logits `[batch]`, row by row: `sum_k weight_k |a_k - b_k| + bias`; `sigmoid(logit)` is the probability
   * of one class. Only with `pairHead: true`.
   */
  readonly verify?: (a: Tensor2D, b: Tensor2D) => Tensor1D
}

/** Inverted dropout: `[batch, features]` of 0 and 1 / (1 - rate), a pure function of the key. */
function dropoutMask(
  batch: number,
  features: number,
  rate: number,
  { seed, step, start = 0, period = Infinity }: DropoutKey,
): Tensor2D {
  const mask = new Float32Array(batch * features)
  for (let row = 0; row < batch; row++) {
    const random = createRandom(seed, 'siamese', 'dropout', step, (start + row) % period)
    for (let k = 0; k < features; k++) mask[row * features + k] = random.uniform() < rate ? 0 : 1 / (1 - rate)
  }
  return tensor2d(mask, [batch, features])
}

/** `[batch, inputs]` to `[batch]`. */
const dense = (x: Tensor2D, weight: Variable, bias: Variable): Tensor1D =>
  tidy(() => reshape(add(matMul(x, weight as unknown as Tensor2D), bias), [-1]))

/**
 * The paper's Siamese network: one encoder for both twins, 50 % dropout, a dense (linear) embedding, and on the embedding a
 * sigmoid classifier benign/malignant (head B: it gives each image its own probability, not each pair). Distances are
 * taken between embeddings. The twins of a training pair share their dropout mask as they share their weights: with two masks
 * even equal images would lie apart, and the contrastive loss would shrink all embeddings to a point.
 *
 * Variables: `encoder.*`, `embedding.weight` `[features, embeddingSize]`, `embedding.bias`, `head.weight` `[embeddingSize, 1]`,
 * `head.bias`, and with `pairHead` `pair.weight` `[embeddingSize, 1]` and `pair.bias`. Dense weights start normal with deviation `sqrt(1 / inputs)`, times 0.3 for the embedding so that first distances lie
 * below the margin 1; biases start at 0.
 *
 * @throws ArgumentError where neither `inputShape` nor `encoder` is given, they disagree, or a number is out of range.
 */
export function createSiamese(options: SiameseOptions): SiameseNetwork {
  const { embeddingSize = 128, dropout = 0.5, metric = 'euclidean', seed = 0, widths } = options
  const { normalise = false, pairHead = false } = options
  requireInteger('options.embeddingSize', embeddingSize, 1)
  requireRange('options.dropout', dropout, 0, 0.99)
  if (!isMetric(metric))
    throw new ArgumentError('options.metric', `be one of ${Object.keys(metrics).join(', ')}`, metric)
  const inputShape = options.inputShape ?? options.encoder?.inputShape
  if (inputShape === undefined)
    throw new ArgumentError('options.inputShape', 'be given where there is no encoder', undefined)
  requireInputShape(inputShape)
  const encoder =
    options.encoder ?? createConvEncoder({ inputShape, seed, ...(widths === undefined ? {} : { widths }) })
  if (encoder.inputShape.join() !== inputShape.join())
    throw new ArgumentError('options.inputShape', `equal the encoder's [${encoder.inputShape.join(', ')}]`, [
      ...inputShape,
    ])

  const { features } = encoder
  const weight = normalVariable([features, embeddingSize], 0.3 * Math.sqrt(1 / features), seed, 'embedding')
  const bias = normalVariable([embeddingSize], 0, seed, 'embedding')
  const headWeight = normalVariable([embeddingSize, 1], Math.sqrt(1 / embeddingSize), seed, 'head')
  const headBias = normalVariable([1], 0, seed, 'head')
  const pairWeight = pairHead
    ? normalVariable([embeddingSize, 1], Math.sqrt(1 / embeddingSize), seed, 'pair')
    : undefined
  const pairBias = pairHead ? normalVariable([1], 0, seed, 'pair') : undefined
  const variables = new Map<string, Variable>([
    ...[...encoder.variables].map(([name, value]) => [`encoder.${name}`, value] as const),
    ['embedding.weight', weight],
    ['embedding.bias', bias],
    ['head.weight', headWeight],
    ['head.bias', headBias],
    ...(pairWeight === undefined ? [] : [['pair.weight', pairWeight] as const]),
    ...(pairBias === undefined ? [] : [['pair.bias', pairBias] as const]),
  ])
  const base = createNetwork(variables)
  const isMoved = (name: string): boolean =>
    !name.startsWith('encoder.') || (encoder.trainable ?? encoder.variables).has(name.slice('encoder.'.length))
  const trainable = new Map([...base.trainable].filter(([name]) => isMoved(name)))
  const dispose = (): void => {
    encoder.dispose()
    for (const own of [weight, bias, headWeight, headBias, pairWeight, pairBias])
      if (own?.isDisposed === false) own.dispose()
  }

  return {
    ...base,
    trainable,
    parameterCount: [...trainable.values()].reduce((sum, { size }) => sum + size, 0),
    encoder,
    inputShape,
    embeddingSize,
    dropout,
    metric,
    normalise,
    embed: (images, { dropout: key } = {}) =>
      tidy(() => {
        if (images.rank !== 4 || images.shape.slice(1).join() !== inputShape.join())
          throw new ArgumentError('images', `have the shape [batch, ${inputShape.join(', ')}]`, images.shape)
        let x = encoder.apply(images)
        if (key !== undefined && dropout > 0) x = mul(x, dropoutMask(images.shape[0], features, dropout, key))
        const embeddings: Tensor2D = add(matMul(x, weight as unknown as Tensor2D), bias)
        return normalise ? unitRows(embeddings) : embeddings
      }),
    classify: (embeddings) => dense(embeddings, headWeight, headBias),
    ...(pairWeight === undefined || pairBias === undefined
      ? {}
      : {
          verify: (a: Tensor2D, b: Tensor2D) => tidy(() => dense(abs(sub(a, b)), pairWeight, pairBias)),
        }),
    distance: (a, b) => tidy(() => metrics[metric](a, b)),
    dispose,
    [Symbol.dispose]: dispose,
  }
}
