import * as tf from '@tensorflow/tfjs-core'
import { imageToTensor, tensorToImage, type PixelImage } from '../../../src/image.js'
import {
  confusionMatrix,
  delongVariance,
  psnr,
  rates,
  rocAuc,
  rocCurve,
  ssim,
  wilsonInterval,
} from '../../../src/metrics/index.js'
import metrics from '../../reference/metrics_reference.json' with { type: 'json' }
import type { Comparison, ConformanceCase } from '../case.js'
import { read } from './statement.js'

const quality: ConformanceCase = {
  name: 'PSNR and SSIM of pictures that went through the backend',
  group: 'metric',
  tolerance: 1e-9,
  async run() {
    const found: Record<string, Comparison> = {}
    for (const { width, height, crop, a, b, rgb, y } of metrics.pictures) {
      const through = async (pixels: number[]): Promise<PixelImage> => {
        const tensor = imageToTensor({ width, height, channels: 3, data: Uint8Array.from(pixels), maxValue: 255 })
        const turned = tf.tidy(() =>
          tf.transpose(tf.reverse(tf.transpose(tf.reverse(tensor, 0), [1, 0, 2]), 1), [1, 0, 2]),
        )
        const image = await tensorToImage(turned)
        tf.dispose([tensor, turned])
        return image
      }
      const [first, second] = [await through(a), await through(b)]
      for (const [channel, expected] of [
        ['rgb', rgb],
        ['y', y],
      ] as const) {
        found[`${width}x${height} ${channel}`] = {
          actual: [psnr(first, second, { channel, crop }), ssim(first, second, { channel, crop })],
          expected: [expected.psnr, expected.ssim],
        }
      }
    }
    return found
  },
}

const decisions: ConformanceCase = {
  name: 'ROC, AUC, DeLong, rates and Wilson of scores and decisions of the backend',
  group: 'metric',
  tolerance: 1e-6,
  async run() {
    const found: Record<string, Comparison> = {}
    for (const [i, { labels, scores, roc, auc, delongVariance: variance, ...set }] of metrics.scoreSets.entries()) {
      const negated = tf.tidy(() => tf.neg(tf.tensor1d(scores)))
      const called = await read(tf.tidy(() => tf.lessEqual(negated, -0.5)))
      const computed = await read(tf.tidy(() => tf.neg(negated)))
      negated.dispose()
      const { fpr, tpr, thresholds } = rocCurve(labels, computed)
      const confusion = confusionMatrix(labels, called)
      const measured = rates(confusion)
      const names = Object.keys(set.rates) as (keyof typeof set.rates)[]
      found[`${i}: fpr`] = { actual: fpr, expected: roc.fpr }
      found[`${i}: tpr`] = { actual: tpr, expected: roc.tpr }
      found[`${i}: thresholds`] = { actual: thresholds, expected: [Infinity, ...roc.thresholds] }
      found[`${i}: AUC`] = { actual: [rocAuc(labels, computed)], expected: [auc] }
      found[`${i}: DeLong`] = { actual: [delongVariance(labels, computed)], expected: [variance] }
      found[`${i}: rates`] = {
        actual: names.map((name) => measured[name]),
        expected: names.map((name) => set.rates[name]),
      }
    }
    for (const { successes, n, level, low, high } of metrics.wilson) {
      const flags = tf.tidy(() => tf.less(tf.range(0, n), successes))
      const count = await read(tf.tidy(() => tf.sum(tf.cast(flags, 'int32'))))
      flags.dispose()
      const interval = wilsonInterval(count[0]!, n, { level })
      found[`Wilson ${successes} of ${n}, ${level}`] = { actual: [interval.low, interval.high], expected: [low, high] }
    }
    return found
  },
}

/** Every metric against scikit-learn, SciPy and scikit-image, on numbers that come from the backend. */
export const metricCases: readonly ConformanceCase[] = [quality, decisions]
