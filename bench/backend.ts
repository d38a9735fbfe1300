/**
 * Speed of convolutions and of one training step of a small RRDB-like network.
 * node scripts/run.mjs bench/backend.ts [backend] [threads]
 */
import * as tf from '@tensorflow/tfjs-core'
import { upsampleNearest2x } from '../src/backend/index.js'
import { startBackend, type BackendName } from '../src/node/backend.js'

const [name = 'wasm', threads] = process.argv.slice(2)
const started = await startBackend(name as BackendName, threads === undefined ? {} : { threads: Number(threads) })
console.log(`${started.description}; Node ${process.version}`)

/** The median time of one call in seconds, after one warm-up call. */
async function seconds(run: () => tf.Tensor, repeats: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now()
    const result = run()
    await result.data()
    result.dispose()
    if (i > 0) times.push((performance.now() - start) / 1000)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!
}

const shapes: { batch: number; size: number; channels: [number, number]; kernel: number; stride: number }[] = [
  { batch: 1, size: 32, channels: [64, 32], kernel: 3, stride: 1 },
  { batch: 1, size: 32, channels: [192, 64], kernel: 3, stride: 1 },
  { batch: 1, size: 128, channels: [64, 64], kernel: 3, stride: 1 },
  { batch: 4, size: 128, channels: [64, 64], kernel: 3, stride: 1 },
  { batch: 4, size: 128, channels: [64, 64], kernel: 4, stride: 2 },
  { batch: 4, size: 32, channels: [256, 256], kernel: 3, stride: 2 },
  { batch: 1, size: 224, channels: [32, 32], kernel: 3, stride: 1 },
]
const column = (value: number): string => value.toFixed(1).padStart(10)
console.log(
  `\n${'convolution, GFLOP/s'.padEnd(36)}${'forward'.padStart(10)}${'d input'.padStart(10)}${'d filter'.padStart(10)}`,
)
for (const { batch, size, channels, kernel, stride } of shapes) {
  const x = tf.randomNormal<tf.Rank.R4>([batch, size, size, channels[0]])
  const filter = tf.randomNormal<tf.Rank.R4>([kernel, kernel, ...channels])
  const y = tf.conv2d(x, filter, stride, 'same')
  const operations = 2 * tf.util.sizeFromShape(y.shape) * kernel * kernel * channels[0]
  const repeats = 5
  const kernelTime = (op: string, inputs: tf.NamedTensorMap, attrs: object): Promise<number> =>
    seconds(() => tf.engine().runKernel(op, inputs, attrs as tf.NamedAttrMap) as tf.Tensor, repeats)
  const attrs = { strides: stride, pad: 'same', dataFormat: 'NHWC' }
  const times = [
    await seconds(() => tf.conv2d(x, filter, stride, 'same'), repeats),
    await kernelTime('Conv2DBackpropInput', { dy: y, filter }, { ...attrs, inputShape: x.shape }),
    await kernelTime('Conv2DBackpropFilter', { x, dy: y }, { ...attrs, filterShape: filter.shape }),
  ]
  const label = `${batch}x${size}x${size}, ${channels.join(' -> ')}, ${kernel}x${kernel} stride ${stride}`
  console.log(`${label.padEnd(36)}${times.map((time) => column(operations / time / 1e9)).join('')}`)
  tf.dispose([x, filter, y])
}

/** Dense blocks as in RRDBNet, written out here: the backend room knows no network. */
function trainingStep(blocks: number, features: number, growth: number, batch: number, size: number): () => tf.Tensor {
  const convolution = (inputs: number, outputs: number): tf.Variable =>
    tf.variable(tf.randomNormal([3, 3, inputs, outputs], 0, 0.02))
  const first = convolution(3, features)
  const bodies = Array.from({ length: blocks }, () =>
    Array.from({ length: 5 }, (_, i) => convolution(features + i * growth, i === 4 ? features : growth)),
  )
  const tail = [convolution(features, features), convolution(features, features), convolution(features, 3)]
  const lr = tf.randomUniform([batch, size, size, 3])
  const hr = tf.randomUniform([batch, 4 * size, 4 * size, 3])
  const conv = (x: tf.Tensor, w: tf.Variable): tf.Tensor4D =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor as tf.Tensor4D, 1, 'same')
  const forward = (): tf.Tensor => {
    let x: tf.Tensor = conv(lr, first)
    for (const body of bodies) {
      const parts: tf.Tensor[] = [x]
      for (const w of body.slice(0, 4)) parts.push(tf.leakyRelu(conv(tf.concat(parts, 3), w), 0.2))
      x = tf.add(x, tf.mul(conv(tf.concat(parts, 3), body[4]!), 0.2))
    }
    for (const w of tail.slice(0, 2)) x = tf.leakyRelu(conv(upsampleNearest2x(x as tf.Tensor4D), w), 0.2)
    return tf.mean(tf.abs(tf.sub(conv(x, tail[2]!), hr)))
  }
  const optimizer = tf.train.adam(1e-4, 0.9, 0.999, 1e-8)
  return () => optimizer.minimize(forward as () => tf.Scalar, true)!
}

for (const [blocks, features, growth, batch, size] of [
  [9, 32, 16, 4, 32],
  [69, 64, 32, 1, 32],
] as const) {
  const before = process.cpuUsage()
  const repeats = 2
  const time = await seconds(trainingStep(blocks, features, growth, batch, size), repeats)
  const { user, system } = process.cpuUsage(before)
  const busy = (user + system) / 1e6 / (repeats + 1)
  console.log(
    `\ntraining step, ${blocks} dense blocks, ${features} features, growth ${growth}, batch ${batch}, ` +
      `LR ${size}x${size}: ${time.toFixed(2)} s ` +
      `(${busy.toFixed(2)} s of all cores' time)`,
  )
}
