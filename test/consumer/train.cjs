// In a user's project, as CommonJS: a step of the PSNR stage on the threaded wasm backend.
const { createESRGANTrainer, createRRDBGenerator } = require('esrgan-scnn/esrgan')
const { startBackend } = require('esrgan-scnn/node')
const tf = require('@tensorflow/tfjs-core')

const globals = () => [
  process.listenerCount('uncaughtException'),
  process.listenerCount('unhandledRejection'),
  ...Object.getOwnPropertyNames(globalThis),
]

async function main() {
  const before = String(globals())
  const { description } = await startBackend('wasm', { threads: 2 })
  const generator = createRRDBGenerator({ blocks: 1, features: 8, growth: 4, seed: 1 })
  const trainer = createESRGANTrainer({ generator })
  const batch = { lr: tf.randomUniform([2, 8, 8, 3], 0, 1, 'float32', 1), hr: tf.fill([2, 32, 32, 3], 0.5) }
  const losses = []
  for (let step = 0; step < 3; step++) losses.push((await trainer.psnrStep(batch, 1e-3)).total)
  if (!losses.every(Number.isFinite) || !(losses[2] < losses[0])) throw new Error(`the loss did not fall: ${losses}`)
  if (String(globals()) !== before) throw new Error(`left behind: ${globals()}`)
  console.log(`${description}: loss ${losses.map((value) => value.toFixed(4)).join(' -> ')}`)
}
void main()
