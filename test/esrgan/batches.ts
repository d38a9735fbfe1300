import * as tf from '@tensorflow/tfjs-core'
import type { ESRGANBatch } from '../../src/esrgan/index.js'

/** A batch that differs from step to step and from stage to stage. */
export function trainingBatch(step: number, stage: 'psnr' | 'gan'): ESRGANBatch {
  return tf.tidy(() => {
    const hr = tf.tensor4d(
      Float32Array.from({ length: 32 * 32 * 3 }, (_, k) => 0.5 + 0.5 * Math.sin(0.05 * k * (step + 1) + stage.length)),
      [1, 32, 32, 3],
    )
    return { hr, lr: tf.avgPool(hr, 4, 4, 'valid') }
  })
}
