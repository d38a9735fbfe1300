import { beforeAll, describe, expect, it } from 'vitest'
import { OutOfMemoryError, wasmHeapLimit } from '../../src/backend/index.js'
import { createSiamese, estimateSiameseMemory, trainSiamese, type PairStrategy } from '../../src/siamese/index.js'
import { useBackend } from '../helpers/backend.js'
import { expectNoLeakWhenThrowing } from '../helpers/tensors.js'

const large = [896, 896, 3] as const

beforeAll(() => useBackend('wasm'))

describe('estimateSiameseMemory', () => {
  it('adds its parts up, grows with what grows, and lets the 32 pairs of the paper fit by micro-batches', () => {
    const whole = estimateSiameseMemory({ inputShape: large })
    const { weights, optimizer, activations, workspaces } = whole.parts
    expect(weights + optimizer + activations + workspaces).toBe(whole.bytes)
    expect(whole.bytes).toBeGreaterThan(wasmHeapLimit)
    const parts = [1, 2, 4, 8, 32].map((microBatch) => estimateSiameseMemory({ inputShape: large, microBatch }).bytes)
    expect(parts).toEqual(parts.toSorted((a, b) => a - b))
    expect(parts[2]).toBeLessThan(wasmHeapLimit / 2)
    expect(parts.at(-1)).toBe(whole.bytes)
    expect(estimateSiameseMemory({ inputShape: [224, 224, 3] }).bytes).toBeLessThan(whole.bytes / 8)
    expect(estimateSiameseMemory({ inputShape: large, widths: [32, 64] }).bytes).toBeGreaterThan(whole.bytes)
  })

  it('counts the three images of a triplet, and every pair in a batch', () => {
    const of = (pairs: PairStrategy, more = {}): number =>
      estimateSiameseMemory({ inputShape: [224, 224, 3], pairs, ...more }).bytes
    expect(of('balanced-triplets') / of('balanced')).toBeGreaterThan(1.3)
    expect(of('balanced-triplets', { microBatch: 8 }) / of('balanced', { microBatch: 8 })).toBeLessThan(1.05)
    // All 2,016 pairs of 64 images: their embeddings and the ways back.
    expect(of('all-triplets') - of('balanced')).toBeGreaterThan(4 * 12 * (2016 - 32) * 128)
    expect(of('hard')).toBeLessThan(of('all-in-batch'))
  })

  it('counts the weights of the network', () => {
    using network = createSiamese({ inputShape: [64, 64, 3], embeddingSize: 32 })
    const { parts } = estimateSiameseMemory({ inputShape: [64, 64, 3], embeddingSize: 32 })
    expect(parts.weights).toBe(4 * network.parameterCount)
    expect(parts.optimizer).toBe(8 * network.parameterCount)
  })

  it('refuses options out of range', () => {
    expect(() => estimateSiameseMemory({ inputShape: large, microBatch: 0 })).toThrow('options.microBatch')
    expect(() => estimateSiameseMemory({ inputShape: large, batchSize: 0.5 })).toThrow('options.batchSize')
    expect(() => estimateSiameseMemory({ inputShape: large, pairs: 'all' as 'hard' })).toThrow('options.pairs')
    expect(() => estimateSiameseMemory({ inputShape: [4, 896, 3] })).toThrow('options.inputShape[0]')
    expect(() => estimateSiameseMemory({ inputShape: large, widths: [0] })).toThrow('options.widths[0]')
  })

  it('keeps trainSiamese from a first step that the wasm heap certainly cannot hold', async () => {
    using network = createSiamese({ inputShape: large })
    const images = (): never => {
      throw new Error('nothing is loaded')
    }
    const labels = Array.from({ length: 32 }, (_, i) => i % 2)
    const run = (): Promise<unknown> => trainSiamese({ network, images, labels, epochs: 1 })
    await expectNoLeakWhenThrowing(run, 'lower microBatch (now the whole batch), which changes no result')
    // Four images make eight pairs, which fit.
    await expect(trainSiamese({ network, images, labels: [0, 1, 0, 1], epochs: 1 })).rejects.toThrow(
      'nothing is loaded',
    )
    await expect(run()).rejects.toThrow(OutOfMemoryError)
  })
})
