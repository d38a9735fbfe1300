/** `1 / (1 + e^-x)`. */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** `log(1 + e^x)`, which never overflows. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** Mean binary cross-entropy of logits and labels 0 or 1, in nats. */
export const meanCrossEntropy = (logits: Float64Array, labels: ArrayLike<number>): number =>
  logits.reduce((sum, logit, i) => sum + softplus(labels[i] === 1 ? -logit : logit), 0) / logits.length
