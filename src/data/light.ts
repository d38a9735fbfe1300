import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'

/** One number for each image, to broadcast over its pixels. */
const each = (values: readonly number[]): Tensor4D => tf.tensor4d([...values], [values.length, 1, 1, 1])

/** The least value of every image, `[batch, 1, 1, 1]`. */
const least = (images: Tensor): Tensor => tf.min(images, [1, 2, 3], true)

/** The greatest value of every image. */
const greatest = (images: Tensor): Tensor => tf.max(images, [1, 2, 3], true)

/**
 * Keras' channel shift: the shift is added to every channel and the sum clipped to the least and greatest value that the
 * image itself holds (keras-preprocessing 1.1.2 `apply_channel_shift`).
 */
export function shiftChannels(images: Tensor4D, shifts: readonly number[]): Tensor4D {
  return tf.tidy(() => {
    const shifted = tf.add(images, each(shifts))
    return tf.maximum(least(images), tf.minimum(greatest(images), shifted)) as Tensor4D
  })
}

/**
 * What Pillow's `ImageEnhance.Brightness` makes of the 256 levels: a blend with black in C's float32, clipped and cut, not
 * rounded (`ImagingBlend`).
 */
export function enhancedLevels(factor: number): number[] {
  const single = Math.fround(factor)
  return Array.from({ length: 256 }, (_, level) => Math.min(255, Math.max(0, Math.trunc(Math.fround(single * level)))))
}

/** A level so little below a whole number is a rounding error of it, on any device. */
const levelTolerance = 5e-4

/**
 * Keras' brightness (keras-preprocessing 1.1.2 `apply_brightness_shift`): `array_to_img` stretches the image to 0..255
 * by its own least and greatest value and cuts to whole levels (an image of one value becomes black), Pillow multiplies.
 * `undefined` leaves the image as it is.
 *
 * @returns images of 256 levels where `white` is the highest.
 */
export function enhanceBrightness(images: Tensor4D, factors: readonly (number | undefined)[], white: number): Tensor4D {
  const { shape } = images
  return tf.tidy(() => {
    const levels = factors.flatMap((factor) => enhancedLevels(factor ?? 1).map((level) => (level / 255) * white))
    const base = tf.sub(images, least(images))
    const range = greatest(base)
    const divisor = tf.where(tf.greater(range, 0), range, tf.onesLike(range))
    const stretched = tf.floor(tf.add(tf.mul(tf.div(base, divisor), 255), levelTolerance))
    const first = tf.reshape(tf.range(0, shape[0] * 256, 256, 'int32'), [shape[0], 1, 1, 1])
    const index = tf.add(tf.cast(tf.clipByValue(stretched, 0, 255), 'int32'), first)
    const bright = tf.reshape<tf.Rank.R4>(tf.gather(tf.tensor1d(levels), tf.reshape(index, [-1])), shape)
    if (!factors.includes(undefined)) return bright
    // Both sides are finite, so that a blend of 0 and 1 selects.
    const mask = each(factors.map((factor) => (factor === undefined ? 0 : 1)))
    return tf.add(tf.mul(bright, mask), tf.mul(images, tf.sub(1, mask))) as Tensor4D
  })
}

/** Every image times its factor, clipped to 0..`white`. */
export function multiplyLight(images: Tensor4D, factors: readonly number[], white: number): Tensor4D {
  return tf.tidy(() => tf.clipByValue(tf.mul(images, each(factors)), 0, white))
}
