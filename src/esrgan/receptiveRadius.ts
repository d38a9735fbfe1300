import { foldingOf, type GeneratorConfig } from './generator.js'
import { denseBlocks, denseConvolutions } from './rrdb.js'

/**
 * How far an output pixel sees, in input pixels to each side: tiles that overlap by twice this are exact.
 * 350 for 23 blocks at scale 4; most of what a trained generator uses is far nearer.
 */
export function receptiveRadius({ blocks, scale }: Pick<GeneratorConfig, 'blocks' | 'scale'>): number {
  // conv_first, 15 convolutions a block, conv_body; then conv_up1 at 2x, conv_up2, conv_hr and conv_last at 4x: 1.25, rounded up
  // with the pixel that nearest upsampling may be off by.
  const folded = 1 + blocks * denseBlocks * denseConvolutions + 1 + 3
  return folded * foldingOf(scale)
}
