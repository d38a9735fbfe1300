// Places are byte offsets into tfjs's heap; strides and lengths count words of four bytes.

/** Copies `rows` rows of `length` words, each side with its own distance between rows. The sides do not overlap. */
export function copyRows(from: usize, fromStride: usize, to: usize, toStride: usize, rows: usize, length: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    let source = from + ((row * fromStride) << 2)
    let target = to + ((row * toStride) << 2)
    const end = target + (length << 2)
    if (ASC_FEATURE_SIMD) {
      while (target + 16 <= end) {
        v128.store(target, v128.load(source))
        source += 16
        target += 16
      }
    }
    while (target < end) {
      store<u32>(target, load<u32>(source))
      source += 4
      target += 4
    }
  }
}
