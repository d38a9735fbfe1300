import { concat, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { ArgumentError, requireRange } from '../errors.js'
import {
  binaryCrossEntropyWithLogits,
  contrastiveLoss,
  tripletLoss,
  type ClassWeights,
  type ContrastiveForm,
  type LossTerm,
  type TripletDistances,
  type TripletForm,
  type Triplets,
} from '../losses/index.js'
import { requireClassWeights } from '../losses/classWeights.js'
import { requireForm, requireMargin } from '../losses/contrastive.js'
import { tripletMargin } from '../losses/triplet.js'

/** The triplets of a batch, for a loss term. All tensors are borrowed. */
export interface SiameseTriplets extends TripletDistances, Triplets {}

/** What a loss term sees of a batch of pairs, or of triplets and the pairs that they are made of. All tensors are borrowed. */
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
  /** The images of the batch in the order in which they were embedded; those of plain pairs as often as they are in one. */
  readonly images: {
    /** `[n, embeddingSize]`. */
    readonly embeddings: Tensor2D
    /** The head's logits, `[n]`. */
    readonly logits: Tensor1D
    /** Classes, `[n]`: 0 benign, 1 malignant. */
    readonly labels: Tensor1D
  }
  /** In a batch of triplets, those: their distances, and as plain numbers their places among `images`. */
  readonly triplets?: SiameseTriplets
}

/** Options of {@link siameseLosses}. */
export interface SiameseLossOptions {
  /**
   * What is learned of the embeddings, beside the head's `bce`: `contrastive` of pairs (default; the paper), or `triplet` of triplets.
   * `trainSiamese` goes by its strategy.
   */
  readonly embeddingLoss?: 'contrastive' | 'triplet'
  /** How: of `contrastive` a `ContrastiveForm`, default `hadsell` (the paper); of `triplet` a `TripletForm`, default `hard-margin`. */
  readonly form?: ContrastiveForm | TripletForm
  /** Margin of the contrastive or triplet loss, in the network's distance; default 1 (the paper), of `soft-margin` 0. */
  readonly margin?: number
  /** Weight of the contrastive or triplet loss beside the classifier's; 0 leaves it out. Default 1. */
  readonly lambda?: number
  /** Label smoothing of `bce`, in [0, 1]; default 0. */
  readonly labelSmoothing?: number
  /** Factors of benign and malignant in `bce`, such as `balancedClassWeights(labels)`; default [1, 1]. */
  readonly classWeights?: ClassWeights
}

/**
 * The default loss `bce + lambda * contrastive`, or `bce + lambda * triplet`: `bce` is the mean binary cross-entropy of the sigmoid
 * head over both images of each pair, `contrastive` is Hadsell, Chopra and LeCun's loss of the pair (the paper's equation (3)),
 * `triplet` the mean over the triplets that still cost something.
 *
 * @throws ArgumentError where an option is out of range, or the form is not one of the loss
 */
export function siameseLosses({
  embeddingLoss = 'contrastive',
  form,
  margin,
  lambda = 1,
  labelSmoothing = 0,
  classWeights = [1, 1],
}: SiameseLossOptions = {}): LossTerm<SiameseContext>[] {
  requireRange('options.lambda', lambda, 0, Infinity)
  requireRange('options.labelSmoothing', labelSmoothing, 0, 1)
  requireClassWeights(classWeights)
  const bce: LossTerm<SiameseContext> = {
    name: 'bce',
    weight: 1,
    fn: ({ logitsA, logitsB, labelsA, labelsB }) =>
      tidy(() =>
        binaryCrossEntropyWithLogits(concat([logitsA, logitsB]), concat([labelsA, labelsB]), {
          labelSmoothing,
          classWeights,
        }),
      ),
  }
  return [
    bce,
    embeddingLoss === 'triplet' ? triplet(lambda, form, margin) : contrastive(embeddingLoss, lambda, form, margin),
  ]
}

function contrastive(
  embeddingLoss: string,
  lambda: number,
  given: SiameseLossOptions['form'] = 'hadsell',
  margin = 1,
): LossTerm<SiameseContext> {
  if (embeddingLoss !== 'contrastive')
    throw new ArgumentError('options.embeddingLoss', 'be "contrastive" or "triplet"', embeddingLoss)
  const form = given as ContrastiveForm
  requireForm(form)
  requireMargin(margin)
  return {
    name: 'contrastive',
    weight: lambda,
    fn: ({ distance, isSimilar }) => contrastiveLoss(distance, isSimilar, { margin, form }),
  }
}

function triplet(
  lambda: number,
  given: SiameseLossOptions['form'] = 'hard-margin',
  margin?: number,
): LossTerm<SiameseContext> {
  const form = given as TripletForm
  const options = { margin: tripletMargin(form, margin), form, reduction: 'mean-active' as const }
  return {
    name: 'triplet',
    weight: lambda,
    fn: ({ triplets }) => {
      if (triplets === undefined)
        throw new ArgumentError('batch', 'hold triplets for the loss term "triplet"', 'pairs alone')
      return tripletLoss(triplets.positiveDistance, triplets.negativeDistance, options)
    },
  }
}
