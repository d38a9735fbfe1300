import { reshape, tidy, transpose, type Tensor4D } from '@tensorflow/tfjs-core'
import { ArgumentError, requireInteger } from '../../errors.js'
import { requireImages } from './requireImages.js'

/**
 * Moves blocks of `factor x factor` pixels into channels, in PyTorch's order (`torch.nn.PixelUnshuffle`):
 * `y[b, h, w, c*factor^2 + i*factor + j] = x[b, h*factor + i, w*factor + j, c]`.
 *
 * @param x `[batch, height, width, channels]`; borrowed. Height and width must be multiples of `factor`.
 * @param factor the side of a block, an integer of at least 1.
 * @returns `[batch, height/factor, width/factor, channels*factor^2]`; the caller disposes it.
 * @throws ArgumentError where the rank, the factor or the size do not fit.
 */
export function pixelUnshuffle(x: Tensor4D, factor: number): Tensor4D {
  requireImages('x', x)
  requireInteger('factor', factor, 1)
  const [batch, height, width, channels] = x.shape
  if (height % factor !== 0 || width % factor !== 0) {
    throw new ArgumentError('x', `have a height and width that are multiples of ${factor}`, x.shape)
  }
  const rows = height / factor
  const columns = width / factor
  return tidy(() => {
    const blocks = reshape(x, [batch, rows, factor, columns, factor, channels])
    const ordered = transpose(blocks, [0, 1, 3, 5, 2, 4])
    return reshape(ordered, [batch, rows, columns, channels * factor * factor])
  })
}
