import { concat, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { ArgumentError, requireRange } from '../errors.js'
import { binaryCrossEntropyWithLogits, contrastiveLoss, type LossTerm } from '../losses/index.js'

/** What a loss term sees of a batch of pairs. All tensors are borrowed. */
export interface SiameseContext {
  /** Embeddings of the first images, `[pairs, embeddingSize]`. */
  readonly embeddingsA: Tensor2D
  /** Embeddings of the second images. */
  readonly embeddingsB: Tensor2D
  /** The head's logits of the first images, `[pairs]`; sigmoid = probability of malignant. */
  readonly logitsA: Tensor1D
  /** The head's logits of the second images. */
  readonly logitsB: Tensor1D
  /** Classes of the first images, `[pairs]`: 0 benign, 1 malignant. */
  readonly labelsA: Tensor1D
  /** Classes of the second images. */
  readonly labelsB: Tensor1D
  /** `[pairs]`: 1 = same class. */
  readonly isSimilar: Tensor1D
  /** The network's distance of the two embeddings, `[pairs]`. */
  readonly distance: Tensor1D
}

/** Options of {@link siameseLosses}. */
export interface SiameseLossOptions {
  /** Margin of the contrastive loss, in the network's distance; default 1 (the paper). */
  readonly margin?: number
  /** Weight of the contrastive loss beside the classifier's; 0 leaves it out. Default 1. */
  readonly lambda?: number
}

/**
 * The default loss `bce + lambda * contrastive`: `bce` is the mean binary cross-entropy of the sigmoid head over both images
 * of each pair, `contrastive` is Hadsell, Chopra and LeCun's loss of the pair (the paper's equation (3)).
 */
export function siameseLosses({ margin = 1, lambda = 1 }: SiameseLossOptions = {}): LossTerm<SiameseContext>[] {
  requireRange('options.lambda', lambda, 0, Infinity)
  if (!(margin > 0 && Number.isFinite(margin)))
    throw new ArgumentError('options.margin', 'be a finite number > 0', margin)
  return [
    {
      name: 'bce',
      weight: 1,
      fn: ({ logitsA, logitsB, labelsA, labelsB }) =>
        tidy(() => binaryCrossEntropyWithLogits(concat([logitsA, logitsB]), concat([labelsA, labelsB]))),
    },
    {
      name: 'contrastive',
      weight: lambda,
      fn: ({ distance, isSimilar }) => contrastiveLoss(distance, isSimilar, { margin }),
    },
  ]
}
