/** What a file's header says of the pixels that a browser will decode. */
export interface ImageHeader {
  readonly width: number
  readonly height: number
  /** As `PixelImage.channels`. */
  readonly channels: 1 | 3 | 4
}
