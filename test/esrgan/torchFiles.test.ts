import * as tf from '@tensorflow/tfjs-core'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  loadDiscriminator,
  loadGenerator,
  loadVGGFeatures,
  networkToSafetensors,
  readNetwork,
} from '../../src/esrgan/index.js'
import reference from '../reference/esrgan_files.json' with { type: 'json' }
import { useBackend } from '../helpers/backend.js'
import { expectClose, expectNoLeak } from '../helpers/tensors.js'
import { formulaImages } from './reference.js'

type Shape = [number, number, number, number]

const cases = reference.cases.map(({ name, config, input, output, file }) => ({
  name,
  config,
  shape: [...input, 3] as Shape,
  output,
  bytes: new Uint8Array(gunzipSync(Buffer.from(file, 'base64'))),
}))
const generators = cases.filter(({ config }) => 'blocks' in config)
const caseNamed = (name: string): (typeof cases)[number] => cases.find((each) => each.name === name)!

describe.each(['wasm', 'cpu'] as const)("networks in files of torch.save, on %s: PyTorch's outputs", (backend) => {
  beforeAll(() => useBackend(backend, 'exact'))

  it.each(generators)('generator: $name', async ({ config, shape, output, bytes }) => {
    await expectNoLeak(async () => {
      using generator = loadGenerator(bytes)
      expect(generator.config).toMatchObject(config)
      const images = formulaImages(shape)
      const large = generator.apply(images)
      expectClose(await large.data(), output, 2e-6)
      // The same by way of a safetensors file.
      using again = loadGenerator(networkToSafetensors(readNetwork(bytes)))
      const twice = again.apply(images)
      expect(await twice.data()).toEqual(await large.data())
      return [images, large, twice]
    })
  })

  it('discriminator, with counters of batches', async () => {
    const { config, shape, output, bytes } = caseNamed('discriminator')
    await expectNoLeak(async () => {
      using discriminator = loadDiscriminator(bytes)
      expect(discriminator.config).toEqual(config)
      const images = formulaImages(shape)
      const logits = discriminator.apply(images)
      expectClose(await logits.data(), output, 1e-5)
      using again = loadDiscriminator(networkToSafetensors(readNetwork(bytes)))
      const twice = again.apply(images)
      expect(await twice.data()).toEqual(await logits.data())
      return [images, logits, twice]
    })
  })

  it("VGG, with torchvision's numbers, input and classifier", async () => {
    const { shape, output, bytes } = caseNamed('vgg')
    await expectNoLeak(async () => {
      const features = await loadVGGFeatures(bytes, { layer: 'block3_conv4' })
      expect(features.name).toBe('vgg19')
      expect(features.description).toBe('block3_conv4 of vgg19, before its activation, torchvision input')
      const images = formulaImages(shape)
      const actual = features.apply(images)
      expectClose(await actual.data(), output, 1e-5)
      features.dispose()
      return [images, actual]
    })
  })
})

describe('readNetwork', () => {
  it('says what each file is, without a backend', () => {
    const before = tf.memory().numTensors
    for (const { config, bytes } of cases) {
      const network = readNetwork(bytes)
      expect(network.config).toMatchObject(config)
      expect(network.kind).toBe('blocks' in config ? 'generator' : 'patchSize' in config ? 'discriminator' : 'vgg')
    }
    expect(readNetwork(caseNamed('oldest names, bfloat16').bytes)).toMatchObject({ names: 'oldest' })
    expect(readNetwork(caseNamed('old names, module., half, beside an epoch').bytes)).toMatchObject({ names: 'esrgan' })
    expect(tf.memory().numTensors).toBe(before)
  })
})
