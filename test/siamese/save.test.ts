import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { thresholdAtSpecificity } from '../../src/metrics/index.js'
import {
  createSiamese,
  createSupportSet,
  evaluateSupport,
  loadSiamese,
  saveSiamese,
  type SaveSiameseOptions,
  type SiameseNetwork,
} from '../../src/siamese/index.js'
import { getWeights } from '../../src/training/index.js'
import { readSafetensors, toFloat32, writeSafetensors } from '../../src/weights/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const make = (options = {}): SiameseNetwork =>
  createSiamese({ inputShape: [16, 16, 3], widths: [4, 4], embeddingSize: 3, seed: 5, ...options })

async function flat(network: SiameseNetwork): Promise<number[]> {
  return [...(await getWeights(network.variables)).values()].flatMap((weight) => [...weight.data])
}

const set = createSupportSet({
  embeddings: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  embeddingSize: 3,
  labels: [0, 1, 1],
  ids: ['first', 'zweite ü', '3'],
})

/** A saved file with text or tensors of its own. */
async function changed(
  text: Record<string, string | undefined>,
  tensors: Record<string, { shape: number[]; data: Float32Array } | undefined> = {},
  options: SaveSiameseOptions = { support: { set, k: 2 }, pairHead: { scale: 2, threshold: 0.5 } },
): Promise<Uint8Array> {
  using network = make()
  const file = readSafetensors(await saveSiamese(network, options))
  const all = new Map([...file.tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }]))
  for (const [name, value] of Object.entries(tensors)) {
    if (value === undefined) all.delete(name)
    else all.set(name, value)
  }
  const metadata: Record<string, string> = { ...file.metadata }
  for (const [name, value] of Object.entries(text)) {
    if (value === undefined) delete metadata[name]
    else metadata[name] = value
  }
  return writeSafetensors(all, metadata)
}

beforeAll(() => useBackend('cpu'))

describe('saveSiamese and loadSiamese', () => {
  it('round-trip weights, shape, threshold and text', async () => {
    using network = make({ metric: 'cosine', dropout: 0.25, normalise: true, pairHead: true })
    const bytes = await saveSiamese(network, { head: 'pair', threshold: 0.375, metadata: { data: 'stripes' } })
    const loaded = loadSiamese(bytes)
    using copy = loaded.network
    expect(loaded).toMatchObject({ head: 'pair', threshold: 0.375, metadata: { data: 'stripes' } })
    expect(loaded.metadata).toEqual({ data: 'stripes' })
    expect(await saveSiamese(copy, loaded)).toEqual(bytes)
    expect(loaded).not.toHaveProperty('support')
    expect(loaded).not.toHaveProperty('pairHead')
    expect(copy).toMatchObject({
      inputShape: [16, 16, 3],
      embeddingSize: 3,
      dropout: 0.25,
      metric: 'cosine',
      normalise: true,
    })
    expect(copy.verify).toBeDefined()
    expect(await flat(copy)).toEqual(await flat(network))
  })

  it('round-trip the references and pair verification', async () => {
    using network = make()
    const pairHead = { scale: 2.5, threshold: 0.1 + 0.2 }
    const support = { set, method: 'knn', k: 3, weights: 'distance' } as const
    const loaded = loadSiamese(await saveSiamese(network, { head: 'support', support, pairHead }))
    using copy = loaded.network
    expect(copy.verify).toBeUndefined()
    expect(loaded).toMatchObject({ head: 'support', threshold: 0.5, support, pairHead })
    expect(loaded.support).toEqual(support)
  })

  it('keep a threshold above all scores', async () => {
    using network = make()
    const { threshold } = thresholdAtSpecificity([0, 0, 1], [1, 0, 1], 0.95)
    const loaded = loadSiamese(await saveSiamese(network, { head: 'support', threshold, support: { set, k: 1 } }))
    loaded.network.dispose()
    expect(loaded.threshold).toBe(threshold)
    const { confusion } = evaluateSupport(set, set.embeddings, set.labels, { k: 1, threshold })
    expect(confusion).toEqual({ tp: 0, fp: 0, tn: 1, fn: 2 })
  })

  it('reads files of before there were heads', async () => {
    const settings = { inputShape: [16, 16, 3], embeddingSize: 3, dropout: 0.5, metric: 'euclidean', widths: [4, 4] }
    const bytes = await changed(
      { head: undefined, network: JSON.stringify({ ...settings, encoder: 'conv 4-4' }) },
      {},
      { threshold: 0.25 },
    )
    const loaded = loadSiamese(bytes)
    using copy = loaded.network
    using original = make()
    expect(loaded).toMatchObject({ head: 'sigmoid', threshold: 0.25 })
    expect(copy.normalise).toBe(false)
    expect(await flat(copy)).toEqual(await flat(original))
  })

  it('save no head without what it needs', async () => {
    using network = make()
    const save = (options: SaveSiameseOptions): Promise<Uint8Array> => saveSiamese(network, options)
    await expect(save({ head: 'support' })).rejects.toThrow('the head is the support set, but there is none')
    await expect(save({ head: 'pair' })).rejects.toThrow('the head is pair verification, but there is none')
    await expect(save({ head: 'own' as 'pair' })).rejects.toThrow('sigmoid, support, pair')
    await expect(save({ threshold: 2 })).rejects.toThrow('options.threshold')
    await expect(save({ metadata: { support: 'x' } })).rejects.toThrow('options.metadata must leave')
    // By default five neighbours answer: what cannot be loaded again is not saved.
    await expect(save({ support: { set } })).rejects.toThrow('options.support.k must be at most the 3 references')
    for (const pairHead of [
      { scale: NaN, threshold: 1 },
      { scale: 1, threshold: Infinity },
      { scale: -1, threshold: 1 },
    ])
      await expect(save({ pairHead })).rejects.toThrow('options.pairHead must be a finite scale')
    using other = make({ metric: 'cosine' })
    await expect(saveSiamese(other, { support: { set } })).rejects.toThrow('embeddings of 3 under euclidean')
  })

  it('refuse other files and leave no tensors behind', async () => {
    using network = make()
    const bytes = await saveSiamese(network)
    await expectNoLeakWhenThrowing(() => loadSiamese(bytes.subarray(0, 100)), 'the file has 100')
    expect(() => loadSiamese(new Uint8Array(4), { source: 'model.safetensors' })).toThrow(WeightsError)
    expect(() => loadSiamese(new Uint8Array(4), { source: 'model.safetensors' })).toThrow('model.safetensors')
    const later = await changed({ format: 'esrgan-scnn/siamese/9' })
    await expectNoLeakWhenThrowing(() => loadSiamese(later), 'siamese/9')
  })

  const described = (part: object): { network: string } => ({
    network: JSON.stringify({
      inputShape: [16, 16, 3],
      embeddingSize: 3,
      dropout: 0.5,
      metric: 'euclidean',
      widths: [4, 4],
      encoder: 'conv 4-4',
      ...part,
    }),
  })
  const ids = (list: unknown, more = {}): { support: string } => ({ support: JSON.stringify({ ids: list, ...more }) })

  it.each([
    ['no JSON', { network: '{' }, 'description is damaged: no JSON'],
    ['null', { network: 'null' }, 'no object'],
    ['pictures of a million pixels square', described({ inputShape: [1e6, 1e6, 3] }), '1000000x1000000 pixels'],
    ['four channels', described({ inputShape: [16, 16, 4] }), 'inputShape'],
    ['an embedding of a billion', described({ embeddingSize: 1e9 }), 'embedding.weight is [4, 3], the network has'],
    ['a wide encoder', described({ widths: [4, 1e9] }), 'encoder.conv2.weight'],
    ['a deep encoder', described({ widths: Array(1000).fill(4) }), 'widths are no counts'],
    ['a metric of another kind', described({ metric: 'toString' }), 'metric is unknown'],
    ['a dropout of 1', described({ dropout: 1 }), 'dropout'],
    ['normalise as text', described({ normalise: 'yes' }), 'normalise'],
    ['a pair head without weights', described({ pairHead: true }), 'missing pair.weight'],
    ['no encoder', described({ widths: undefined }), 'pass it as options.encoder'],
    ['a threshold of 2', { threshold: '2' }, 'the threshold is 2'],
    ['no threshold', { threshold: undefined }, 'the threshold is missing'],
    ['another head', { head: 'toString' }, 'the head is "toString"'],
    ['ids that are too few', ids(['a']), 'its ids are not 3 texts'],
    ['ids that are numbers', ids([1, 2, 3]), 'its ids are not 3 texts'],
    ['k above the references', ids(['a', 'b', 'c'], { k: 4 }), 'options.k must be at most the 3 references'],
    ['another method', ids(['a', 'b', 'c'], { method: 'svm' }), 'options.method'],
    ['other votes', ids(['a', 'b', 'c'], { weights: 'own' }), 'options.weights'],
    ['null for a support set', { support: 'null' }, 'its ids'],
    ['no text for the support set', { support: undefined }, 'a part of it is missing'],
    ['a negative scale', { pairHead: '[-1,2]' }, 'pair verification is damaged'],
    ['an infinite scale', { pairHead: '[1e999,2]' }, 'pair verification is damaged'],
    ['a pair head of text', { pairHead: '["1","2"]' }, 'pair verification is damaged'],
  ])('refuse %s', async (_, text, message) => {
    const bytes = await changed(text)
    await expectNoLeakWhenThrowing(() => loadSiamese(bytes), message)
    expect(() => loadSiamese(bytes)).toThrow(WeightsError)
  })

  it.each([
    [
      'weights that are not finite',
      { 'head.bias': { shape: [1], data: new Float32Array([NaN]) } },
      'head.bias holds NaN',
    ],
    ['labels of three', { 'support.labels': { shape: [3], data: new Float32Array([0, 1, 2]) } }, 'must be 0 or 1'],
    ['one class', { 'support.labels': { shape: [3], data: new Float32Array(3) } }, 'both classes'],
    [
      'references that are not finite',
      { 'support.embeddings': { shape: [3, 3], data: new Float32Array(9).fill(NaN) } },
      'finite',
    ],
    [
      'references of another size',
      { 'support.embeddings': { shape: [9, 1], data: new Float32Array(9) } },
      'embeddings [9, 1]',
    ],
    ['references without labels', { 'support.labels': undefined }, 'a part of it is missing'],
    ['strange parts', { 'support.own': { shape: [1], data: new Float32Array(1) } }, 'unexpected support.own'],
    ['a weight too many', { own: { shape: [1], data: new Float32Array(1) } }, 'unexpected own'],
  ])('refuse %s', async (_, tensors, message) => {
    const bytes = await changed({}, tensors)
    await expectNoLeakWhenThrowing(() => loadSiamese(bytes), message)
    expect(() => loadSiamese(bytes)).toThrow(WeightsError)
  })

  it('never end in anything but a WeightsError on damaged bytes', async () => {
    const bytes = await changed({})
    const before = tf.memory().numTensors
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = bytes.slice()
        damaged[at % 900] = value
        try {
          loadSiamese(damaged).network.dispose()
        } catch (error) {
          expect(error).toBeInstanceOf(WeightsError)
        }
      }),
      { seed: 1, numRuns: 400 },
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
