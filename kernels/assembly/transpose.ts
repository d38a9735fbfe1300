/**
 * `to[c * toStride + r] = from[r * fromStride + c]` for `rows` rows r and `columns` columns c of words. The sides do not
 * overlap.
 */
export function transpose(
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
  rows: usize,
  columns: usize,
): void {
  let r: usize = 0
  if (ASC_FEATURE_SIMD) {
    for (; r + 4 <= rows; r += 4) {
      let c: usize = 0
      for (; c + 4 <= columns; c += 4) {
        const source = from + ((r * fromStride + c) << 2)
        const a = v128.load(source)
        const b = v128.load(source + (fromStride << 2))
        const d = v128.load(source + (fromStride << 3))
        const e = v128.load(source + (fromStride << 2) * 3)
        const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
        const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
        const de = v128.shuffle<i32>(d, e, 0, 4, 1, 5)
        const de2 = v128.shuffle<i32>(d, e, 2, 6, 3, 7)
        const target = to + ((c * toStride + r) << 2)
        v128.store(target, v128.shuffle<i64>(ab, de, 0, 2))
        v128.store(target + (toStride << 2), v128.shuffle<i64>(ab, de, 1, 3))
        v128.store(target + (toStride << 3), v128.shuffle<i64>(ab2, de2, 0, 2))
        v128.store(target + (toStride << 2) * 3, v128.shuffle<i64>(ab2, de2, 1, 3))
      }
      for (; c < columns; c++) {
        for (let i: usize = 0; i < 4; i++) {
          store<u32>(to + ((c * toStride + r + i) << 2), load<u32>(from + (((r + i) * fromStride + c) << 2)))
        }
      }
    }
  }
  for (; r < rows; r++) {
    for (let c: usize = 0; c < columns; c++) {
      store<u32>(to + ((c * toStride + r) << 2), load<u32>(from + ((r * fromStride + c) << 2)))
    }
  }
}
