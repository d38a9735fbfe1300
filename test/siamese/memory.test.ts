import { beforeAll, describe, expect, it } from 'vitest'
import { OutOfMemoryError, wasmHeapLimit } from '../../src/backend/index.js'
import { createSiamese, estimateSiameseMemory, trainSiamese } from '../../src/siamese/index.js'
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

  it('counts the weights of the network', () => {
    using network = createSiamese({ inputShape: [64, 64, 3], embeddingSize: 32 })
    const { parts } = estimateSiameseMemory({ inputShape: [64, 64, 3], embeddingSize: 32 })
    expect(parts.weights).toBe(4 * network.parameterCount)
    expect(parts.optimizer).toBe(8 * network.parameterCount)
  })

  it('refuses options out of range', () => {
    expect(() => estimateSiameseMemory({ inputShape: large, microBatch: 0 })).toThrow('options.microBatch')
    expect(() => estimateSiameseMemory({ inputShape: large, batchSize: 0.5 })).toThrow('options.batchSize')
    expect(() => estimateSiameseMemory({ inputShape: [4, 896, 3] })).toThrow('options.inputShape[0]')
    expect(() => estimateSiameseMemory({ inputShape: large, widths: [0] })).toThrow('options.widths[0]')
  })

  it('keeps trainSiamese from a first step that the wasm heap certainly cannot hold', async () => {
    using network = createSiamese({ inputShape: large })
    const images = (): never => {
      throw new Error('nothing is loaded')
    }
    const run = (): Promise<unknown> => trainSiamese({ network, images, labels: [0, 1, 0, 1], epochs: 1 })
    await expectNoLeakWhenThrowing(run, 'lower microBatch (now 32), which changes no result')
    await expect(run()).rejects.toThrow(OutOfMemoryError)
  })
})
