import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { assertType, describe, expectTypeOf, it } from 'vitest'
import {
  addScaled,
  enableWasmTraining,
  residualDenseBlock,
  wasmKernels,
  wasmPrecision,
  wasmPrecisions,
  type WasmKernels,
  type WasmPrecision,
  type WasmTrainingOptions,
} from '../../src/index.js'
import { chooseBackend, startBackend, type StartBackendOptions } from '../../src/node/index.js'

declare const x: Tensor4D
declare const filters: Tensor4D[]
declare const biases: Tensor1D[]

describe('precision on wasm', () => {
  it('is one of two words, wherever it is chosen', () => {
    expectTypeOf<WasmPrecision>().toEqualTypeOf<'fast' | 'exact'>()
    expectTypeOf(wasmPrecision()).toEqualTypeOf<WasmPrecision>()
    expectTypeOf(wasmPrecisions).toEqualTypeOf<readonly WasmPrecision[]>()
    expectTypeOf(enableWasmTraining).parameter(0).toEqualTypeOf<WasmTrainingOptions | undefined>()
    expectTypeOf(startBackend).parameter(1).toEqualTypeOf<StartBackendOptions | undefined>()
    expectTypeOf(chooseBackend).parameter(0).toEqualTypeOf<StartBackendOptions | undefined>()
    assertType<WasmTrainingOptions>({ precision: 'exact' })
    assertType<StartBackendOptions>({ precision: 'fast', threads: 2 })
  })

  it('is no other word, and no other option', () => {
    // @ts-expect-error: lower case
    assertType<WasmTrainingOptions>({ precision: 'Fast' })
    // @ts-expect-error: threads are those that tfjs has
    assertType<WasmTrainingOptions>({ threads: 2 })
    // @ts-expect-error: an object, not the word
    assertType<Parameters<typeof enableWasmTraining>[0]>('exact')
    // @ts-expect-error: a number
    assertType<StartBackendOptions>({ threads: '2' })
  })
})

describe('wasmKernels', () => {
  it('tells how they compute, where they do', () => {
    expectTypeOf(wasmKernels()).toEqualTypeOf<WasmKernels | undefined>()
    expectTypeOf<WasmKernels>().toEqualTypeOf<{
      readonly threads: number
      readonly fused: boolean
      readonly precision: WasmPrecision
      readonly whyOneThread?: string
    }>()
  })
})

describe('blocks', () => {
  it('keep the rank of an image', () => {
    expectTypeOf(residualDenseBlock(x, filters, biases, { slope: 0.2, scale: 0.2 })).toEqualTypeOf<Tensor4D>()
    expectTypeOf(addScaled(x, x, 0.2)).toEqualTypeOf<Tensor4D>()
    // @ts-expect-error: filters first, then biases
    assertType<Parameters<typeof residualDenseBlock>>([x, biases, filters])
  })
})
