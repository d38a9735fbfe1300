/** One axis of a convolution or pooling: what XNNPACK has to be told to compute as many outputs as tfjs-core has made room for. */
export interface FittedAxis {
  /** Pads before and after. */
  pads: [number, number]
  /** Input elements to use, from the first; none where all outputs lie in the pad before it. */
  used: number
  /** Elements that the outputs see, padding among them. */
  needed: number
  /** Whether XNNPACK would compute something else by itself. */
  isDifferent: boolean
}

/** Compares what XNNPACK would compute with tfjs-core's output, and says what makes it the same. */
export function fitAxis(
  input: number,
  output: number,
  kernel: number,
  stride: number,
  [before, after]: [number, number],
  isSame: boolean,
): FittedAxis {
  const count = (end: number): number => Math.floor((input + before + end - kernel) / stride) + 1
  const needed = (output - 1) * stride + kernel
  const pads: [number, number] = [before, Math.max(0, needed - before - input)]
  return {
    pads,
    needed,
    used: count(pads[1]) > output ? needed - before : input,
    // With `same` XNNPACK subtracts the input's size without a sign.
    isDifferent: count(after) !== output || (isSame && needed < input),
  }
}
