import type { PixelImage } from '../image.js'

/** The two classes. `malignant` is the positive class everywhere. */
export type Label = 'benign' | 'malignant'

/** The microscope's magnifications in BreaKHis. */
export type Magnification = 40 | 100 | 200 | 400

/** BreaKHis' magnifications, rising. */
export const magnifications: readonly Magnification[] = [40, 100, 200, 400]

/** What is known of one image, without its pixels. */
export interface ImageRecord {
  /** Unique within its source; for BreaKHis the file name without `.png`. */
  readonly id: string
  /** The diagnosis. */
  readonly label: Label
  /** Whose image it is: the unit that must not stand on both sides of a split. */
  readonly patient: string
  /** The microscope's magnification, where known. */
  readonly magnification?: Magnification
  /** The tumour type, for example `DC`, where known. */
  readonly subtype?: string
  /** The slide, for example `SOB_M_DC_14-13412`, where known. */
  readonly slide?: string
  /** The patient id without its letter suffix: several ids may belong to one person. */
  readonly accession?: string
  /** The image's number on its slide, where known. */
  readonly sequence?: number
}

/** Lists images and reads their pixels. Any object of this shape works; nothing is read before it is asked for. */
export interface ImageSource {
  /** Where the images come from; every report names it. */
  readonly kind: 'breakhis' | 'synthetic' | 'custom'
  /** One line for people, for example the folder or the generator's settings. */
  readonly description: string
  /** Every image, in a fixed order. */
  readonly records: readonly ImageRecord[]
  /** The pixels of one record. Rejects with a `DataError` that names the image when they cannot be had. */
  read(record: ImageRecord): Promise<PixelImage>
  /** The record's file as it is stored, still encoded; absent where the images are no files. Rejects as `read`. */
  readBytes?(record: ImageRecord): Promise<Uint8Array>
}
