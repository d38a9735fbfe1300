import { Temporaries, type WasmBackend } from '../backend.js'
import { directConvolution, directFilterGradient, planConvolution, planFilterGradient, type Direct } from './direct.js'
import type { ThreadedKernels } from './threaded.js'

/** Where the matrices of one product begin, in bytes. */
export interface ProductPlaces {
  readonly a: number
  readonly b: number
  readonly out: number
}

/** Products `out [rows, columns] = a [rows, inner] b [inner, columns]`, where one of a and b may be stored transposed. */
export interface Products {
  readonly rows: number
  readonly inner: number
  readonly columns: number
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly places: readonly ProductPlaces[]
  /** What is added to each row, in bytes; and the slope for negative sums. Not where a is transposed. */
  readonly bias?: number
  readonly slope?: number
}

/** Bytes of a thread's copy of the job, as in kernels/assembly/threaded/direct.ts. */
const copyBytes = 512

/** Multiply-adds of one product that are worth dividing it among the threads. */
const large = 2 ** 20

/** A product as a convolution of 1x1 over the rows of a, or with a transposed as the filter gradient of one over its rows. */
function fieldsOf({ rows, inner, columns, transposeA, transposeB, bias = 0, slope = 1 }: Products): Direct {
  const [pixels, channels] = transposeA ? [inner, rows] : [rows, inner]
  return {
    batch: 1,
    inHeight: 1,
    inWidth: pixels,
    inChannels: channels,
    xStride: channels,
    outHeight: 1,
    outWidth: pixels,
    outChannels: columns,
    yStride: columns,
    filterHeight: 1,
    filterWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    top: 0,
    left: 0,
    isTurned: transposeB ? 1 : 0,
    bias,
    slope,
  }
}

const places = (isGradient: boolean, { a, b, out }: ProductPlaces): { x: number; filter: number; y: number } =>
  isGradient ? { x: a, filter: out, y: b } : { x: a, filter: b, y: out }

/** Computes the products; a and b are not both transposed, and no size is 0. */
export function multiplyMatrices(backend: WasmBackend, kernels: ThreadedKernels, products: Products): void {
  const isGradient = products.transposeA
  const fields = fieldsOf(products)
  const count = products.places.length
  const isLarge = products.rows * products.inner * products.columns >= large
  // The sums of one product must not depend on the number of threads.
  if (count === 1 || (!isGradient && isLarge && count < 2 * kernels.threads)) {
    const compute = isGradient ? directFilterGradient : directConvolution
    for (const each of products.places) compute(backend, kernels, { ...fields, ...places(isGradient, each) })
    return
  }
  const plan = isGradient ? planFilterGradient(fields, { isWhole: true }) : planConvolution(fields, 1)
  const laidOutBytes = 32 * Math.ceil(fields.outChannels / 8) * Math.ceil(fields.inChannels / 4) * 4
  const scratchBytes = Math.ceil((copyBytes + laidOutBytes + plan.scratchBytes) / 64) * 64
  const temporaries = new Temporaries(backend)
  try {
    const v = temporaries.workspace(12 * count)
    const scratch = temporaries.workspace(scratchBytes * kernels.threads)
    const table = new Int32Array(backend.wasm.HEAPU8.buffer, v, 3 * count)
    for (const [i, each] of products.places.entries()) {
      const { x, filter, y } = places(isGradient, each)
      table.set([x, filter, y], 3 * i)
    }
    kernels.run(
      'product',
      {
        ...fields,
        ...plan.job,
        tapRow: 1,
        tapColumn: 1,
        rowStep: fields.outWidth,
        columnStep: 1,
        isGradient: isGradient ? 1 : 0,
        v,
        scratch,
        scratchBytes,
      },
      count,
    )
  } finally {
    temporaries.free()
  }
}
