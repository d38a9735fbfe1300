// What an engine without SIMD computes, where none of the threaded kernels run: the same, by tfjs's own kernels.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectClose } from '../helpers/tensors.js'
import { createProject, type Project } from '../node/programs.js'

const program = `
if (process.argv[2] === 'none') {
  // As before SIMD: tfjs takes its plain build, and this package's modules with SIMD are none.
  const { Module } = WebAssembly
  WebAssembly.validate = () => false
  WebAssembly.Module = class extends Module {
    constructor(bytes) {
      if (bytes.byteLength > 4096) throw new WebAssembly.CompileError('wasm code contains SIMD')
      super(bytes)
    }
  }
}
const main = async () => {
  const tf = await import('@tensorflow/tfjs-core')
  const { initializers, layers, sequential } = await import('@tensorflow/tfjs-layers')
  const { wasmKernels } = await import('./src/backend/index.ts')
  const { createDiscriminator, createESRGANTrainer, createRRDBGenerator } = await import('./src/esrgan/index.ts')
  const { createSiamese, createSiameseTrainer } = await import('./src/siamese/index.ts')
  const { createRandom } = await import('./src/random.ts')
  const { startBackend } = await import('./src/node/index.ts')
  await startBackend('wasm', { threads: 1 })
  const random = createRandom(1, 'without SIMD')
  const draw = (...shape) => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform()), shape)
  const numbers = {}

  const generator = createRRDBGenerator({ blocks: 1, features: 16, growth: 8, seed: 1 })
  const discriminator = createDiscriminator({ patchSize: 32, features: 16, seed: 1 })
  const trainer = createESRGANTrainer({ generator, discriminator })
  const batch = { lr: draw(2, 8, 8, 3), hr: draw(2, 32, 32, 3) }
  for (const step of [1, 2]) numbers['psnr ' + step] = Object.values(await trainer.psnrStep(batch, 1e-4))
  for (const step of [1, 2]) numbers['gan ' + step] = Object.values(await trainer.ganStep(batch, 1e-4))

  const images = draw(4, 32, 32, 3)
  const network = createSiamese({ inputShape: [32, 32, 3], dropout: 0, seed: 1 })
  const siamese = createSiameseTrainer({ network, images: (rows) => tf.gather(images, [...rows]), labels: [0, 1, 0, 1] })
  const pairs = { a: [0, 1], b: [2, 2], isSimilar: [1, 0] }
  for (const step of [1, 2]) numbers['siamese ' + step] = Object.values(await siamese.train(pairs))

  const kernelInitializer = () => initializers.heNormal({ seed: 3 })
  const model = sequential({
    layers: [
      layers.conv2d({ inputShape: [32, 32, 3], filters: 32, kernelSize: 3, activation: 'relu', kernelInitializer: kernelInitializer() }),
      layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', strides: 2, kernelInitializer: kernelInitializer() }),
      layers.flatten(),
      layers.dense({ units: 4, kernelInitializer: kernelInitializer() }),
    ],
  })
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
  numbers.predict = Array.from(await model.predict(images).data())
  const { history } = await model.fit(images, draw(4, 4), { epochs: 2, shuffle: false, verbose: 0 })
  numbers.fit = history.loss
  console.log(JSON.stringify({ kernels: wasmKernels() ?? null, numbers }))
}
main().catch((error) => console.log(JSON.stringify({ error: error.stack })))
`

interface Output {
  error?: string
  kernels: object | null
  numbers: Record<string, number[]>
}

let project: Project
beforeAll(async () => {
  project = createProject('without SIMD')
  await project.write('program.mjs', program)
})
afterAll(() => project.remove())

it('trains every network and any tfjs model without SIMD, to the same numbers', async () => {
  const [usual, none] = await Promise.all(
    ['usual', 'none'].map(async (mode) => (await project.run<Output>('program.mjs', [mode])).output),
  )
  expect([usual!.error, none!.error]).toEqual([undefined, undefined])
  expect(usual!.kernels).toMatchObject({ threads: 1 })
  expect(none!.kernels).toBeNull()
  expect(Object.keys(none!.numbers)).toHaveLength(8)
  for (const [name, values] of Object.entries(usual!.numbers)) {
    expect(values.length, name).toBeGreaterThan(0)
    expectClose(none!.numbers[name]!, values, 1e-4)
  }
})
