import type { PixelImage } from '../../src/image.js'

/** 8 bins of each channel and a joint 4x4x4 histogram, as shares of the pixels: what colour alone can tell. */
export function colourHistogram({ data }: PixelImage): Float64Array {
  const features = new Float64Array(24 + 64)
  const pixels = data.length / 3
  for (let i = 0; i < data.length; i += 3) {
    for (let c = 0; c < 3; c++) features[c * 8 + (data[i + c]! >> 5)]! += 1 / pixels
    features[24 + (data[i]! >> 6) * 16 + (data[i + 1]! >> 6) * 4 + (data[i + 2]! >> 6)]! += 1 / pixels
  }
  return features
}

/**
 * Logistic regression with L2 penalty (scikit-learn's `C` = 1 / l2, intercept not penalised) on standardised features,
 * by Newton's method; returns the scores (log-odds) of the test rows. Constant features are ignored.
 */
export function logisticRegression(
  train: readonly Float64Array[],
  labels: readonly number[],
  test: readonly Float64Array[],
  { l2 = 1, iterations = 50 }: { l2?: number; iterations?: number } = {},
): number[] {
  const n = train.length
  const d = train[0]!.length
  const mean = Array.from({ length: d }, (_, j) => train.reduce((sum, row) => sum + row[j]!, 0) / n)
  const deviation = mean.map((m, j) => Math.sqrt(train.reduce((sum, row) => sum + (row[j]! - m) ** 2, 0) / n))
  const standardise = (row: Float64Array): number[] => [
    1,
    ...mean.map((m, j) => (deviation[j]! > 1e-12 ? (row[j]! - m) / deviation[j]! : 0)),
  ]
  const rows = train.map(standardise)
  const weights = new Float64Array(d + 1)
  const score = (row: readonly number[]): number => row.reduce((sum, value, j) => sum + value * weights[j]!, 0)
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = Float64Array.from(weights, (w, j) => (j === 0 ? 0 : l2 * w))
    const hessian = Array.from({ length: d + 1 }, (_, j) => {
      const line = new Float64Array(d + 1)
      line[j] = j === 0 ? 1e-9 : l2
      return line
    })
    for (let i = 0; i < n; i++) {
      const row = rows[i]!
      const p = 1 / (1 + Math.exp(-score(row)))
      const curvature = Math.max(1e-9, p * (1 - p))
      for (let j = 0; j <= d; j++) {
        gradient[j]! += (p - labels[i]!) * row[j]!
        for (let k = 0; k <= j; k++) hessian[j]![k]! += curvature * row[j]! * row[k]!
      }
    }
    const step = choleskySolve(hessian, gradient)
    let largest = 0
    for (let j = 0; j <= d; j++) {
      weights[j]! -= step[j]!
      largest = Math.max(largest, Math.abs(step[j]!))
    }
    if (largest < 1e-8) break
  }
  return test.map((row) => score(standardise(row)))
}

/** Solves A x = b for a symmetric positive definite A, of which the lower triangle is given (and overwritten). */
function choleskySolve(a: Float64Array[], b: Float64Array): Float64Array {
  const n = b.length
  const x = Float64Array.from(b)
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = a[j]![k]!
      for (let m = 0; m < k; m++) sum -= a[j]![m]! * a[k]![m]!
      a[j]![k] = j === k ? Math.sqrt(sum) : sum / a[k]![k]!
    }
    for (let m = 0; m < j; m++) x[j]! -= a[j]![m]! * x[m]!
    x[j]! /= a[j]![j]!
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let m = j + 1; m < n; m++) x[j]! -= a[m]![j]! * x[m]!
    x[j]! /= a[j]![j]!
  }
  return x
}
