import { Job } from './job'

/**
 * A convolution by matrix products, with a filter of any size. Output (i, j) sums, over the taps (p, q), the input at row
 * `i * strideHeight + p * dilationHeight - top` and column `j * strideWidth + q * dilationWidth - left`, zeros outside. One
 * phase of a strided convolution's input gradient has this form too, with dilations of -1.
 */
@unmanaged
export class DirectJob extends Job {
  strideHeight: i32
  strideWidth: i32
  dilationHeight: i32
  dilationWidth: i32
  // Tap (p, q) is the stored filter's tap `firstTap + p * tapRow + q * tapColumn`.
  firstTap: i32
  tapRow: i32
  tapColumn: i32
  // Output (i, j) of an image is the pixel `firstPixel + image * imageStep + i * rowStep + j * columnStep` of y.
  firstPixel: i32
  imageStep: i32
  rowStep: i32
  columnStep: i32
  // A task: `block` pixels and `panels` times eight channels; `chunk` terms of a sum are laid out at a time.
  chunk: i32
  panels: i32
  // Panels of a task that lays out the filter.
  filterPanels: i32
  // The filter gradient: a task has `chunk` of its rows, and one of so many parts of the pixels.
  parts: i32
  // Matrix products: whether they are filter gradients.
  isGradient: i32
}
