import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { fileModel } from '../../src/node/io.js'
import { useBackend } from '../helpers/backend.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { expectClose } from '../helpers/tensors.js'

let folder: string
beforeAll(async () => {
  await useBackend('cpu')
  folder = await mkdtemp(join(tmpdir(), 'models-'))
})
afterAll(() => rm(folder, { recursive: true }))

function model(): layers.LayersModel {
  return layers.sequential({
    layers: [layers.layers.dense({ units: 3, inputShape: [2] }), layers.layers.dense({ units: 1 })],
  })
}

/** A model of one dense layer, 2 -> 1, from a manifest and the bytes of its weights. */
async function write(manifest: unknown, files: Record<string, Uint8Array> = {}): Promise<string> {
  const path = join(await mkdtemp(join(folder, 'm-')), 'model.json')
  const net = layers.sequential({ layers: [layers.layers.dense({ units: 1, inputShape: [2], name: 'd' })] })
  const modelTopology: unknown = net.toJSON(undefined, false)
  net.dispose()
  await writeFile(path, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: manifest }))
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(join(path, '..', 'parts'), { recursive: true })
    await writeFile(join(path, '..', name), bytes)
  }
  return path
}
const specs = [
  { name: 'd/kernel', shape: [2, 1], dtype: 'float32' },
  { name: 'd/bias', shape: [1], dtype: 'float32' },
]
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

describe('fileModel', () => {
  it('saves and loads a layers model', async () => {
    const net = model()
    const path = join(folder, 'saved', 'net.json')
    await net.save(fileModel(path))
    const back = await layers.loadLayersModel(fileModel(path))
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2])
    const [a, b] = [net.predict(x) as tf.Tensor, back.predict(x) as tf.Tensor]
    expectClose(await a.data(), await b.data(), 0)
    tf.dispose([x, a, b])
    net.dispose()
    back.dispose()
  })
  it('joins shards, also where a weight crosses from one to the next', async () => {
    const bytes = floats(1, 2, 3)
    const path = await write([{ paths: ['a.bin', 'parts/b.bin'], weights: specs }], {
      'a.bin': bytes.subarray(0, 6),
      'parts/b.bin': bytes.subarray(6),
    })
    const net = await layers.loadLayersModel(fileModel(path))
    expect((await Promise.all(net.getWeights().map((w) => w.data()))).map((w) => [...w])).toEqual([[1, 2], [3]])
    net.dispose()
  })
  it('loads weights quantised to uint8', async () => {
    const quantization = { dtype: 'uint8', scale: 0.5, min: -1 }
    const path = await write([{ paths: ['a.bin'], weights: [{ ...specs[0], quantization }, specs[1]] }], {
      'a.bin': Uint8Array.of(0, 4, ...floats(7)),
    })
    const net = await layers.loadLayersModel(fileModel(path))
    expect((await Promise.all(net.getWeights().map((w) => w.data()))).map((w) => [...w])).toEqual([[-1, 1], [7]])
    net.dispose()
  })
  it.each([
    ['not JSON', '{"modelTopology":', /is not JSON/],
    ['no object', '7', /is not a tfjs model.json: the file/],
    ['no topology', '{"weightsManifest":[]}', /modelTopology/],
    ['no manifest', '{"modelTopology":{}}', /weightsManifest/],
    [
      'a bad shape',
      '{"modelTopology":{},"weightsManifest":[{"paths":[],"weights":[{"name":"a","shape":[-1],"dtype":"float32"}]}]}',
      /shape/,
    ],
    [
      'a huge weight',
      '{"modelTopology":{},"weightsManifest":[{"paths":[],"weights":[{"name":"a","shape":[1000000,1000000],"dtype":"float32"}]}]}',
      /more than the \d+ allowed/,
    ],
    [
      'missing bytes',
      '{"modelTopology":{},"weightsManifest":[{"paths":[],"weights":[{"name":"a","shape":[2],"dtype":"float32"}]}]}',
      /hold 0 bytes, its weights take 8/,
    ],
  ])('refuses a file with %s', async (_, text, message) => {
    const path = join(folder, 'bad.json')
    await writeFile(path, text)
    const loading = layers.loadLayersModel(fileModel(path))
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toThrow(WeightsError)
    await expect(loading).rejects.toThrow(`${path}: `)
  })
  it('refuses weight paths outside the folder, also through a link, and missing ones', async () => {
    const outside = join(folder, 'secret.bin')
    await writeFile(outside, floats(1, 2, 3))
    for (const name of ['../secret.bin', outside, 'parts/../../secret.bin', 'a\0.bin']) {
      const path = await write([{ paths: [name], weights: specs }])
      await expect(fileModel(path).load!(), name).rejects.toThrow("leaves the model's folder")
    }
    const linked = await write([{ paths: ['link.bin'], weights: specs }])
    await symlink(outside, join(linked, '..', 'link.bin'))
    await expect(fileModel(linked).load!()).rejects.toThrow("leaves the model's folder")
    const missing = await write([{ paths: ['no.bin'], weights: specs }])
    await expect(fileModel(missing).load!()).rejects.toThrow(/no.bin: no such file, though model.json names it/)
    await expect(fileModel(join(folder, 'no.json')).load!()).rejects.toThrow('no such file')
  })
  it('bounds the bytes read', async () => {
    const path = await write([{ paths: ['a.bin'], weights: specs }], { 'a.bin': floats(1, 2, 3) })
    await expect(fileModel(path, { maxBytes: 11 }).load!()).rejects.toThrow('take 12 bytes, more than the 11 allowed')
    expect(() => fileModel(path, { maxBytes: 0 })).toThrow('options.maxBytes')
  })
})

describeShared('real weights', () => {
  it('VGG19 quantised to uint8 loads', async () => {
    const vgg = await layers.loadLayersModel(fileModel(sharedData('vgg19/model.json')))
    expect(vgg.countParams()).toBe(20_024_384)
    vgg.dispose()
  })
})
