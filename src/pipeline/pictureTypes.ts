import type { ImageRecord } from '../data/index.js'
import type { PixelImage } from '../image.js'

/** Pictures of a run, as pixels; they are not part of `report.json`. */
export interface PipelinePictures {
  /** Augmented copies of training images, with captions. */
  readonly augmented: readonly {
    /** Which image, or how it was changed. */
    readonly caption: string
    /** As it enters the generator. */
    readonly image: PixelImage
  }[]
  /** Held-out crops: the low-resolution input (enlarged by pixel repetition), bicubic, ESRGAN, the original. */
  readonly panels: readonly {
    /** Which image. */
    readonly caption: string
    /** The low-resolution crop, every pixel repeated. */
    readonly lr: PixelImage
    /** Bicubic enlargement. */
    readonly bicubic: PixelImage
    /** The generator's. */
    readonly sr: PixelImage
    /** The original. */
    readonly hr: PixelImage
    /** PSNR in dB of the whole image, Y, crop 4. */
    readonly psnr: {
      /** Of the bicubic enlargement. */
      readonly bicubic: number
      /** Of the generator's. */
      readonly sr: number
    }
  }[]
  /** The most confident wrong answers of the default run's sigmoid head at threshold 0.5, the most confident first, 8 at most. */
  readonly mistakes: readonly {
    /** Which image. */
    readonly caption: string
    /** The image, 224 pixels wide or high at most. */
    readonly image: PixelImage
    /** The true class. */
    readonly label: ImageRecord['label']
    /** Probability of malignant. */
    readonly score: number
    /** Whose image it is. */
    readonly patient: string
    /** The training images whose embeddings are nearest, the nearest first. */
    readonly nearest: readonly {
      /** Which image. */
      readonly caption: string
      /** Its class. */
      readonly label: ImageRecord['label']
      /** Between the embeddings. */
      readonly distance: number
      /** The image, 224 pixels wide or high at most. */
      readonly image: PixelImage
    }[]
  }[]
}
