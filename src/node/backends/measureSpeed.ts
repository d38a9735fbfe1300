import {
  conv2d,
  fill,
  leakyRelu,
  mean,
  randomNormal,
  square,
  tidy,
  train,
  variable,
  type Scalar,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core'

/** How quick the active backend is, in 10^9 floating point operations a second. */
export interface BackendSpeed {
  /** A 3x3 convolution. */
  readonly convolutionGflops: number
  /** A training step of a few such convolutions: forward, gradients, Adam. */
  readonly trainingGflops: number
}

/** What is measured: the sides and channels of the images. */
interface Sizes {
  readonly side: number
  readonly channels: number
}

/** From plain JavaScript to a GPU; each is seven to nine times the work of the one before. */
const ladder: readonly Sizes[] = [
  { side: 24, channels: 8 },
  { side: 32, channels: 16 },
  { side: 48, channels: 32 },
  { side: 64, channels: 64 },
]

/** Seconds of a call that still let the next sizes be tried. */
const quick = 0.1

/** Seconds that the calls may take which count. */
const budget = 0.4

const convolutions = 3

/** Operations of one 3x3 convolution: a product and a sum each. */
const operations = ({ side, channels }: Sizes): number => 2 * side ** 2 * 9 * channels ** 2

/** Seconds of one call; a group of calls is awaited once, so that a GPU's queue is filled. */
async function seconds(run: () => Tensor, calls: number): Promise<number> {
  const begun = performance.now()
  let last = run()
  for (let i = 1; i < calls; i++) {
    last.dispose()
    last = run()
  }
  await last.data()
  last.dispose()
  return (performance.now() - begun) / 1000 / calls
}

/** Work of some size that can be repeated, and what it holds. */
interface Work {
  readonly operations: number
  run(): Tensor
  dispose(): void
}

/** Operations a second, in 10^9, of the largest sizes that the backend does in good time: its quickest group of calls. */
async function gflops(workOf: (sizes: Sizes) => Work): Promise<number> {
  for (const [i, sizes] of ladder.entries()) {
    const work = workOf(sizes)
    try {
      // The first call compiles.
      await seconds(work.run, 1)
      let best = await seconds(work.run, 1)
      if (best < quick && i < ladder.length - 1) continue
      const calls = Math.max(1, Math.min(100, Math.floor(budget / 4 / best)))
      for (let spent = 0; spent < budget;) {
        const time = await seconds(work.run, calls)
        spent += time * calls
        best = Math.min(best, time)
      }
      return work.operations / best / 1e9
    } finally {
      work.dispose()
    }
  }
  throw new Error('the ladder of sizes has no end')
}

const imageOf = ({ side, channels }: Sizes): Tensor4D => fill([1, side, side, channels], 0.5)
const filterOf = ({ channels }: Sizes): Tensor4D =>
  randomNormal([3, 3, channels, channels], 0, 1 / Math.sqrt(9 * channels), 'float32', 1)

function convolution(sizes: Sizes): Work {
  const [x, filter] = [imageOf(sizes), filterOf(sizes)]
  return {
    operations: operations(sizes),
    run: () => conv2d(x, filter, 1, 'same'),
    dispose: () => void [x, filter].map((tensor) => tensor.dispose()),
  }
}

function trainingStep(convolutionSizes: Sizes): Work {
  const sizes = { ...convolutionSizes, side: convolutionSizes.side / 2 }
  const x = imageOf(sizes)
  const filters = Array.from({ length: convolutions }, () => tidy(() => variable(filterOf(sizes))))
  const optimizer = train.adam(1e-4, 0.9, 0.999, 1e-7)
  const loss = (): Scalar =>
    mean<Scalar>(square(filters.reduce((h, filter) => leakyRelu(conv2d(h, filter as Tensor4D, 1, 'same'), 0.2), x)))
  return {
    // Each forward, and its two gradients; the image itself needs none.
    operations: (3 * convolutions - 1) * operations(sizes),
    run: () => optimizer.minimize(loss, true, filters)!,
    dispose() {
      optimizer.dispose()
      for (const tensor of [x, ...filters]) tensor.dispose()
    },
  }
}

/** Measures the active backend, in a second or two. */
export async function measureSpeed(): Promise<BackendSpeed> {
  return { convolutionGflops: await gflops(convolution), trainingGflops: await gflops(trainingStep) }
}
