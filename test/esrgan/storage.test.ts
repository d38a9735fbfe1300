import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import {
  createDiscriminator,
  createRRDBGenerator,
  generatorToLayersModel,
  interpolateGenerators,
  interpolateWeights,
  loadDiscriminator,
  loadGenerator,
  loadVGGFeatures,
  readNetwork,
  saveDiscriminator,
  saveGenerator,
  type LoadGeneratorOptions,
  type StoredNetwork,
  type StoredVGG,
} from '../../src/esrgan/index.js'
import { imageToTensor } from '../../src/image.js'
import { readImage } from '../../src/node/index.js'
import { getWeights } from '../../src/training/index.js'
import {
  generatorNameIn,
  readSafetensors,
  readTfjsWeights,
  readWeights,
  toFloat32,
  writeSafetensors,
  type NamedTensor,
} from '../../src/weights/index.js'
import { useBackend } from '../helpers/backend.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { expectClose, expectNoLeak, expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const tiny = { blocks: 2, features: 4, growth: 2, seed: 5 } as const

beforeAll(() => useBackend('wasm'))

async function savedTensors(): Promise<Map<string, NamedTensor>> {
  using generator = createRRDBGenerator(tiny)
  const { tensors } = readSafetensors(await saveGenerator(generator))
  return new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }]))
}

describe('saveGenerator and loadGenerator', () => {
  it.each([1, 2, 4] as const)('round-trip sizes, options and weights at scale %s', async (scale) => {
    using generator = createRRDBGenerator({ ...tiny, scale, channels: 2, residualScale: 0.1, bicubicSkip: true })
    const bytes = await saveGenerator(generator)
    using loaded = loadGenerator(bytes)
    expect(loaded.config).toEqual(generator.config)
    expect(await getWeights(loaded.variables)).toEqual(await getWeights(generator.variables))
    expect(await saveGenerator(loaded)).toEqual(bytes)
  })

  it('takes an option of undefined for one that is not given', async () => {
    using generator = createRRDBGenerator({ ...tiny, residualScale: 0.1, bicubicSkip: true })
    const options = { residualScale: undefined, bicubicSkip: undefined, checkpoint: undefined }
    using loaded = loadGenerator(await saveGenerator(generator), options as unknown as LoadGeneratorOptions)
    expect(loaded.config).toEqual(generator.config)
  })

  it('writes BasicSR names and [out, in, height, width] kernels', async () => {
    const tensors = await savedTensors()
    expect(tensors.get('conv_first.weight')!.shape).toEqual([4, 3, 3, 3])
    expect(tensors.get('body.1.rdb3.conv2.weight')!.shape).toEqual([2, 6, 3, 3])
    expect([...tensors.keys()].slice(0, 3)).toEqual([
      'conv_first.weight',
      'conv_first.bias',
      'body.0.rdb1.conv1.weight',
    ])
  })

  it.each(['esrgan', 'oldest'] as const)('reads the %s names', async (scheme) => {
    const tensors = await savedTensors()
    const renamed = new Map([...tensors].map(([name, value]) => [generatorNameIn(scheme, name, tiny.blocks), value]))
    using generator = createRRDBGenerator(tiny)
    using loaded = loadGenerator(writeSafetensors(renamed))
    expect(await getWeights(loaded.variables)).toEqual(await getWeights(generator.variables))
  })

  it('lists every tensor that differs', async () => {
    const tensors = await savedTensors()
    tensors.delete('conv_hr.bias')
    tensors.set('conv_up1.weight', { shape: [4, 4, 1, 1], data: new Float32Array(16) })
    tensors.set('extra', { shape: [1], data: new Float32Array(1) })
    const load = (): unknown => loadGenerator(writeSafetensors(tensors), { source: 'model.safetensors' })
    expect(load).toThrow(WeightsError)
    expect(load).toThrow(
      expect.objectContaining({
        differences: [
          'conv_up1.weight is [4, 4, 1, 1], the network has [4, 4, 3, 3]',
          'missing conv_hr.bias [4]',
          'unexpected extra [1]',
        ],
      }),
    )
    await expectNoLeakWhenThrowing(load, 'missing conv_hr.bias [4]')
  })

  it('says so when the file holds something else', async () => {
    expect(() => loadGenerator(writeSafetensors(new Map([['a', { shape: [1], data: new Float32Array(1) }]])))).toThrow(
      /no weights of an RRDB generator: conv_first.weight is missing; the file begins with a \[1\]/,
    )
    const tensors = await savedTensors()
    tensors.set('conv_first.weight', { shape: [4, 5, 3, 3], data: new Float32Array(180) })
    expect(() => loadGenerator(writeSafetensors(tensors))).toThrow(/reads 5 channels, conv_last writes 3/)
  })

  it('is not made to allocate by a block number', async () => {
    const tensors = await savedTensors()
    tensors.set('body.4000000000.rdb1.conv1.weight', { shape: [1], data: new Float32Array(1) })
    expect(() => loadGenerator(writeSafetensors(tensors))).toThrow(/unexpected body.4000000000/)
  })

  it('is not made to list what blocks lack of which the file has only names', async () => {
    const tensors = await savedTensors()
    for (let i = 10; i < 5000; i++) tensors.set(`body.${i}.x`, { shape: [0], data: new Float32Array() })
    const blocks = 4990 + 2
    expect(() => loadGenerator(writeSafetensors(tensors))).toThrow(
      `it names ${blocks} blocks, which have ${30 * blocks} tensors, but holds`,
    )
  })

  it.each(['{"residualScale":"x","bicubicSkip":1}', '{"residualScale":2}', 'null', '[', '3'])(
    'refuses damaged options in the metadata: %s',
    async (text) => {
      const bytes = writeSafetensors(await savedTensors(), { 'esrgan-scnn.generator': text })
      expect(() => loadGenerator(bytes, { source: 'my.safetensors' })).toThrow(
        `my.safetensors: the metadata esrgan-scnn.generator is damaged: ${text}`,
      )
    },
  )

  it('interpolates between two networks', async () => {
    const a = await savedTensors()
    const b = new Map([...a].map(([name, { shape, data }]) => [name, { shape, data: data.map((value) => value + 1) }]))
    const mixed = interpolateWeights(a, b, 0.25)
    for (const [name, { data }] of mixed) {
      expectClose(
        data,
        a.get(name)!.data.map((value) => value + 0.25),
        1e-6,
      )
    }
    b.delete('conv_hr.bias')
    expect(() => interpolateWeights(a, b, 0.5)).toThrow(WeightsError)
    expect(() => interpolateWeights(a, a, 1.5)).toThrow(/alpha/)
  })
})

describeShared('Real-ESRGAN x4plus (23 RRDBs, F16 weights)', () => {
  it('gives the output of PyTorch', async () => {
    using generator = loadGenerator(readFileSync(sharedData('rrdb/RealESRGAN_x4plus.fp16.safetensors')))
    expect(generator.config).toMatchObject({ blocks: 23, features: 64, growth: 32, scale: 4, channels: 3 })
    expect(generator.parameterCount).toBe(16_697_987)
    const image = imageToTensor(await readImage(sharedData('reference/input_16x16.png')))
    const output = tf.tidy(() => generator.apply(tf.expandDims<tf.Tensor4D>(image, 0)))
    expect(output.shape).toEqual([1, 64, 64, 3])
    const file = readFileSync(sharedData('reference/realesrgan_x4plus_out.f32'))
    expectClose(await output.data(), new Float32Array(new Uint8Array(file).buffer), 1e-4)
    tf.dispose([image, output])
  })
})

describe('saveDiscriminator and loadDiscriminator', () => {
  const small = { patchSize: 32, features: 2, channels: 1, seed: 4 } as const

  it.each([32, 64])('round-trip sizes, weights and running statistics at %s pixels', async (patchSize) => {
    await expectNoLeak(async () => {
      using discriminator = createDiscriminator({ ...small, patchSize })
      tf.tidy(() => void discriminator.apply(tf.randomUniform([2, patchSize, patchSize, 1]), { training: true }))
      const bytes = await saveDiscriminator(discriminator)
      using loaded = loadDiscriminator(bytes)
      expect(loaded.config).toEqual(discriminator.config)
      expect([...loaded.trainable.keys()]).toEqual([...discriminator.trainable.keys()])
      expect(await getWeights(loaded.variables)).toEqual(await getWeights(discriminator.variables))
      expect(await saveDiscriminator(loaded)).toEqual(bytes)
    })
  })

  it("writes BasicSR's names and shapes, and linear1 in the order channel, row, column", async () => {
    using discriminator = createDiscriminator(small)
    const { tensors } = readSafetensors(await saveDiscriminator(discriminator))
    expect(tensors.get('conv0_0.weight')!.shape).toEqual([2, 1, 3, 3])
    expect(tensors.get('bn0_1.running_var')!.shape).toEqual([2])
    expect(tensors.get('linear1.weight')!.shape).toEqual([100, 8 * 16])
    expect(tensors.get('linear2.weight')!.shape).toEqual([1, 100])
    const own = await discriminator.variables.get('linear1.weight')!.array()
    const stored = toFloat32(tensors.get('linear1.weight')!)
    const [unit, channel, row, column] = [7, 5, 2, 3]
    expect(stored[unit * 128 + channel * 16 + row * 4 + column]).toBe(
      (own as number[][])[row * 32 + column * 8 + channel]![unit],
    )
  })

  it('tolerates counters of batches, and lists every other difference', async () => {
    using discriminator = createDiscriminator(small)
    const tensors = new Map(readSafetensors(await saveDiscriminator(discriminator)).tensors)
    const counter = { dtype: 'I64', shape: [], data: new Uint8Array(8) } as const
    tensors.set('bn0_1.num_batches_tracked', counter)
    loadDiscriminator({ format: 'torch', tensors, metadata: {} }).dispose()
    tensors.delete('bn1_0.running_mean')
    tensors.set('extra', counter)
    await expectNoLeakWhenThrowing(
      () => loadDiscriminator({ format: 'torch', tensors, metadata: {} }, { source: 'd.pth' }),
      'd.pth: the weights do not fit the discriminator\n  missing bn1_0.running_mean [4]\n  unexpected extra []',
    )
  })

  it('says so when the file holds something else, or a number of stages that no patch has', async () => {
    using generator = createRRDBGenerator(tiny)
    const bytes = await saveGenerator(generator)
    await expectNoLeakWhenThrowing(
      () => loadDiscriminator(bytes),
      /no weights of a discriminator: conv0_0.weight is missing; the file begins with conv_first.weight \[4, 3, 3, 3\]/,
    )
    using discriminator = createDiscriminator(small)
    const tensors = new Map(readSafetensors(await saveDiscriminator(discriminator)).tensors)
    for (let i = 3; i < 60; i++) tensors.set(`conv${i}_1.weight`, tensors.get('conv2_1.weight')!)
    expect(() => loadDiscriminator({ format: 'torch', tensors, metadata: {} })).toThrow(/60 stages .*, not 3 to 14/)
  })
})

describe('readNetwork refuses integers for weights', () => {
  it.each(['I8', 'I64', 'BOOL'] as const)('%s', async (dtype) => {
    using generator = createRRDBGenerator(tiny)
    using discriminator = createDiscriminator({ patchSize: 32, features: 2 })
    const kernel = { shape: [4, 3, 3, 3], data: new Float32Array(108) }
    const vgg = new Map([
      ['features.0.weight', kernel],
      ['features.0.bias', { shape: [4], data: new Float32Array(4) }],
    ])
    const files = {
      'conv_hr.bias': await saveGenerator(generator),
      'bn1_1.running_var': await saveDiscriminator(discriminator),
      'features.0.weight': writeSafetensors(vgg),
    }
    for (const [name, bytes] of Object.entries(files)) {
      const file = readWeights(bytes)
      readNetwork(file)
      file.tensors.set(name, { ...file.tensors.get(name)!, dtype })
      expect(() => readNetwork(file, { source: 'x' })).toThrow(
        `x: ${name} is of ${dtype}: weights are floating-point numbers`,
      )
    }
  })
})

describe('interpolateGenerators', () => {
  it('takes live and stored generators, and gives one of its own', async () => {
    await expectNoLeak(async () => {
      using psnr = createRRDBGenerator(tiny)
      using gan = createRRDBGenerator({ ...tiny, seed: 6 })
      using live = await interpolateGenerators(psnr, gan, 0.25)
      using stored = await interpolateGenerators(await saveGenerator(psnr), readWeights(await saveGenerator(gan)), 0.25)
      const expected = interpolateWeights(await getWeights(psnr.variables), await getWeights(gan.variables), 0.25)
      expect(await getWeights(live.variables)).toEqual(expected)
      expect(await getWeights(stored.variables)).toEqual(expected)
    })
  })

  it('refuses networks that differ, and an alpha out of range', async () => {
    using psnr = createRRDBGenerator(tiny)
    using larger = createRRDBGenerator({ ...tiny, features: 5 })
    using weaker = createRRDBGenerator({ ...tiny, residualScale: 0.1 })
    await expectNoLeakWhenThrowing(
      () => interpolateGenerators(psnr, larger, 0.5),
      /conv_first.weight is \[3, 3, 3, 5\]/,
    )
    await expectNoLeakWhenThrowing(() => interpolateGenerators(psnr, weaker, 0.5), 'residualScale is 0.2 and 0.1')
    await expectNoLeakWhenThrowing(() => interpolateGenerators(psnr, psnr, -0.1), 'alpha must')
  })
})

describe('VGG in files', () => {
  const tensor = (shape: number[]): NamedTensor => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) })
  const vgg = (...indices: number[]): Map<string, NamedTensor> =>
    new Map(
      indices.flatMap((index, i) => [
        [`features.${index}.weight`, tensor([4, i === 0 ? 3 : 4, 3, 3])],
        [`features.${index}.bias`, tensor([4])],
      ]),
    )
  const read = (tensors: Map<string, NamedTensor>): StoredNetwork =>
    readNetwork(writeSafetensors(tensors), { source: 'vgg.pth' })

  it.each([
    ['11', [0, 3, 6, 8, 11, 13, 16, 18], 'block5_conv2'],
    ['16', [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28], 'block5_conv3'],
    ['19', [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34], 'block5_conv4'],
    ['19 in part', [0, 2, 5], 'block2_conv1'],
  ])("torchvision's numbers of VGG%s name the layers", (_, indices, last) => {
    const { config } = read(vgg(...indices)) as StoredVGG
    expect(config.layers).toHaveLength(indices.length)
    expect(config.layers.at(-1)).toBe(last)
  })

  it('refuses a chain with a gap, other shapes, and batch normalisation', async () => {
    expect(() => read(vgg(0, 2, 5, 10))).toThrow('vgg.pth: features.10 follows features.5: a layer of VGG is missing')
    const wide = vgg(0, 2)
    wide.set('features.2.weight', tensor([4, 5, 3, 3]))
    expect(() => read(wide)).toThrow('features.2.weight is [4, 5, 3, 3], not [out, 4, 3, 3]')
    const bare = vgg(0, 2)
    bare.delete('features.2.bias')
    expect(() => read(bare)).toThrow('features.2.bias is missing')
    const normalised = vgg(0, 3)
    normalised.set('features.1.running_mean', tensor([4]))
    expect(() => read(normalised)).toThrow('with batch normalisation')
    const keras = new Map([
      ['block1_conv1/kernel', tensor([3, 3, 3, 4])],
      ['block1_conv1/bias', tensor([4])],
      ['block1_conv3/kernel', tensor([3, 3, 4, 4])],
    ])
    expect(() => read(keras)).toThrow('block1_conv3 follows block1_conv1: a layer of VGG is missing')
    await expectNoLeakWhenThrowing(
      () => loadVGGFeatures(writeSafetensors(vgg(0, 2, 5))),
      'options.layer must be one of block1_conv1, block1_conv2, block2_conv1; received "block5_conv4"',
    )
  })
})

describe('readNetwork', () => {
  it('never does anything but throw a WeightsError, whatever names and shapes a file has', async () => {
    using generator = createRRDBGenerator({ ...tiny, blocks: 1, scale: 2 })
    using discriminator = createDiscriminator({ patchSize: 32, features: 1 })
    const { modelTopology: _, weightSpecs, weightData } = await generatorToLayersModel(generator)
    const model = { weightsManifest: [{ paths: ['a'], weights: weightSpecs }] }
    const bases = [
      readWeights(await saveGenerator(generator)),
      readTfjsWeights(model, new Map([['a', new Uint8Array(weightData as ArrayBuffer)]])),
      readWeights(await saveDiscriminator(discriminator)),
    ]
    const size = fc.constantFrom(0, 1, 2, 3, 4, 16, 2 ** 31, 2 ** 50)
    const change = fc.record({
      at: fc.nat(),
      name: fc.option(
        fc.constantFrom('features.0.weight', 'conv70_1.weight', 'pixel_unshuffle/kernel', 'module.', 'x'),
      ),
      shape: fc.option(fc.array(size, { maxLength: 5 })),
    })
    const read = { whole: 0, refused: 0 }
    fc.assert(
      fc.property(fc.nat(2), fc.array(change, { maxLength: 3 }), (base, changes) => {
        const entries = [...bases[base]!.tensors]
        for (const { at, name, shape } of changes) {
          const [key, tensor] = entries[at % entries.length]!
          // Readers give no shape that the bytes do not have: a size of any amount needs a zero beside it.
          const isEmpty = shape?.includes(0) === true
          entries[at % entries.length] = [name ?? key, isEmpty ? { ...tensor, shape, data: new Uint8Array() } : tensor]
        }
        try {
          readNetwork({ format: 'torch', tensors: new Map(entries), metadata: {} })
          read.whole++
        } catch (error) {
          if (!(error instanceof WeightsError)) throw error
          read.refused++
        }
      }),
      { numRuns: 2000 },
    )
    expect(Math.min(read.whole, read.refused)).toBeGreaterThan(20)
  })

  it('names what it looks for, and what it found', () => {
    const other = new Map([['layer1.0.conv1.weight', { shape: [1], data: new Float32Array(1) }]])
    expect(() => readNetwork(writeSafetensors(other), { source: 'resnet.pth' })).toThrow(
      "resnet.pth: holds no RRDB generator, no discriminator of BasicSR's and no VGG network; the file begins with layer1.0.conv1.weight [1]",
    )
  })
})
