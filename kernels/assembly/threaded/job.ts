/**
 * What a convolution job works on. Places are byte offsets into tfjs's heap, 0 for none; strides are words from pixel to
 * pixel, so that a tensor may be some channels of a wider one. The order of the fields is that of `jobFields` in
 * src/backend/wasm/native.
 */
@unmanaged
export class Job {
  // The input, or what stands in its place.
  x: usize
  xStride: i32
  batch: i32
  inHeight: i32
  inWidth: i32
  inChannels: i32
  // The output.
  y: usize
  yStride: i32
  outHeight: i32
  outWidth: i32
  outChannels: i32
  // [filterHeight, filterWidth, in, out], or [.., out, in] to be used turned by 180 degrees.
  filter: usize
  isTurned: i32
  // Zeros above and left of the input.
  top: i32
  left: i32
  // What is done to a sum on its way to y: ((leaky(sum + bias)) * (sign > 0 ? 1 : signSlope)) * scale + residual.
  bias: usize
  slope: f32
  sign: usize
  signStride: i32
  signSlope: f32
  scale: f32
  residual: usize
  residualStride: i32
  // Winograd: outputs of a tile along an axis, tiles, and tiles of a task.
  m: i32
  tilesHigh: i32
  tilesWide: i32
  firstTile: i32
  tiles: i32
  block: i32
  // Workspace: the transformed filter, input and output gradient; and of each thread.
  u: usize
  v: usize
  d: usize
  scratch: usize
  scratchBytes: i32
  // Where v stays for the next convolutions, which read more channels of the same x: all channels of its rows, and how many
  // of them have been transformed.
  vChannels: i32
  vDone: i32
  // Parts into which the output channels are divided between tasks.
  panelGroups: i32
  // The filter gradient of many tiles: tiles of a part, and bytes of a part's sums.
  part: i32
  partBytes: i32
  // Filters in several places, `FilterPart`s; 0 where there is one.
  list: usize
  listCount: i32
  filterHeight: i32
  filterWidth: i32
  // Winograd: taps of an axis of the filter, or of one of its phases; pixels from tap to tap of the input and from output
  // to output of a phase, one of them 2 for a convolution of stride 2 and its input gradient.
  taps: i32
  inStep: i32
  outStep: i32
  // Outputs of phase (0, 0) above and left of y.
  outTop: i32
  outLeft: i32
  // Panels that are multiplied side by side for each point.
  panelsAtOnce: i32
}
