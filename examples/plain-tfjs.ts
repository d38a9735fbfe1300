// Nothing but tfjs, and one call: the wasm backend, which as shipped cannot train a convolution, trains this network.
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers'
import { enableWasmTraining, wasmKernels } from 'esrgan-scnn/backend'

await tf.setBackend('wasm')
console.log(`repaired: ${enableWasmTraining().join(', ')}`)
// In Node stock tfjs has one thread; `await startBackend('wasm')` of esrgan-scnn/node instead of setBackend gives all.
console.log('convolutions and dense layers run with', wasmKernels())

// Bars along one axis or the other, at random places.
const count = 64
const size = 16
const pixels = new Float32Array(count * size * size)
const labels = new Float32Array(count)
for (let i = 0; i < count; i++) {
  labels[i] = i % 2
  const place = (i * 7) % size
  for (let k = 0; k < size; k++) pixels[i * size * size + (i % 2 === 0 ? place * size + k : k * size + place)] = 1
}
const x = tf.tensor4d(pixels, [count, size, size, 1])
const y = tf.tensor2d(labels, [count, 1])

const { glorotUniform } = initializers
const model = sequential({
  layers: [
    layers.conv2d({
      inputShape: [size, size, 1],
      filters: 8,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: glorotUniform({ seed: 1 }),
    }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer: glorotUniform({ seed: 2 }) }),
  ],
})
model.compile({ optimizer: tf.train.adam(0.01, 0.9, 0.999, 1e-7), loss: 'binaryCrossentropy', metrics: ['accuracy'] })
const { history } = await model.fit(x, y, { epochs: 10, batchSize: 16, verbose: 0 })
const accuracy = history['acc']?.at(-1)
console.log(`loss per epoch: ${history['loss']?.map((value) => Number(value).toFixed(3)).join(' ')}`)
console.log(`accuracy after 10 epochs: ${accuracy}`)
if (!(Number(accuracy) > 0.9)) throw new Error('the network has not learnt')
