import { spawnSync } from 'node:child_process'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { choose, missing } from '../../scripts/lib/conformance.js'
import { wasmPrecision } from '../../src/backend/index.js'
import { useBackend } from '../helpers/backend.js'
import { all, backendOf } from './backends.js'
import { error, rmsError, usualTolerance, type Comparison, type ConformanceCase } from './case.js'
import { cases, kernelCases } from './cases/index.js'
import { complaint, measure } from './measure.js'

describe('the list of cases', () => {
  it('has a name for each, which the page can show', () => {
    const names = [...new Set([...cases, ...kernelCases])].map(({ name }) => name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
    expect(names.filter((name) => /[|\n]|^$|^case$|^-+$/.test(name))).toEqual([])
  })

  it('has tolerances of 1e-4 for values and 1e-3 for gradients and steps, or says why not', () => {
    const loose = [...cases, ...kernelCases].filter(
      ({ group, tolerance }) => !(tolerance >= 0 && tolerance <= usualTolerance(group)),
    )
    expect(loose.filter(({ because }) => because === undefined).map(({ name }) => name)).toEqual([])
  })

  it('has every kind', () => {
    const groups = new Set(cases.map(({ group }) => group))
    expect([...groups].sort()).toEqual(['data', 'gradient', 'loss', 'metric', 'network', 'operation', 'optimizer'])
  })
})

describe('the error of a comparison', () => {
  it('is relative to the largest expected value', () => {
    expect(error({ actual: [1, 2.5], expected: [1, 2] })).toBe(0.25)
    expect(error({ actual: [0, 0.5], expected: [0, 0] })).toBe(0.5)
    expect(error({ actual: [], expected: [] })).toBe(0)
  })

  it('is infinite where lengths, NaN or infinities differ', () => {
    expect(error({ actual: [1], expected: [1, 1] })).toBe(Infinity)
    expect(error({ actual: [1, NaN], expected: [1, 1] })).toBe(Infinity)
    expect(error({ actual: [NaN], expected: [NaN] })).toBe(Infinity)
    expect(error({ actual: [Infinity], expected: [1] })).toBe(Infinity)
    expect(error({ actual: [1, 2], expected: [1, Infinity] })).toBe(Infinity)
    expect(error({ actual: [-Infinity], expected: [Infinity] })).toBe(Infinity)
    expect(error({ actual: [Infinity, 3], expected: [Infinity, 2] })).toBe(0.5)
  })
})

describe('the root of the mean squared error', () => {
  it('is relative to that of the truth', () => {
    expect(rmsError({ actual: [3, 4.5], expected: [3, 4] })).toBeCloseTo(0.1, 12)
    // Where the largest error says no more than before, all others count.
    expect(rmsError({ actual: [3.5, 4.5], expected: [3, 4] })).toBeCloseTo(Math.SQRT1_2 / 5, 12)
    expect(rmsError({ actual: [0, 0.5], expected: [0, 0] })).toBeCloseTo(0.5 * Math.SQRT1_2, 12)
  })

  it('is infinite where numbers are missing', () => {
    expect(rmsError({ actual: [1], expected: [1, 1] })).toBe(Infinity)
    expect(rmsError({ actual: [NaN], expected: [1] })).toBe(Infinity)
    expect(rmsError({ actual: [Infinity, 3], expected: [Infinity, 2] })).toBe(0.5)
  })
})

describe('a measurement', () => {
  beforeAll(() => useBackend('wasm'))
  const caseOf = (run: () => Record<string, Comparison>): ConformanceCase => ({
    name: 'one',
    group: 'operation',
    tolerance: 1e-4,
    run: async () => run(),
  })
  const judge = async (each: ConformanceCase): Promise<string | undefined> => complaint(each, await measure(each))
  const right = { actual: [1], expected: [1] }

  it('passes within the tolerance', async () => {
    const each = caseOf(() => ({ value: { actual: [1.00005], expected: [1] } }))
    expect((await measure(each)).error).toBeCloseTo(5e-5, 8)
    // What it finds is the precision that it ran with.
    const precise = caseOf(() => ({ y: { actual: [wasmPrecision() === 'exact' ? 1 : 0], expected: [1] } }))
    expect((await measure({ ...precise, precision: 'exact' })).error).toBe(0)
    expect((await measure(precise)).error).toBe(1)
    expect(await judge(each)).toBeUndefined()
  })

  it('names the comparisons that are off', async () => {
    expect(await judge(caseOf(() => ({ right, dx: { actual: [2], expected: [1] } })))).toBe(
      'dx is off by 1.0e+0 (tolerance 0.0001)',
    )
    expect(await judge(caseOf(() => ({ y: { actual: [NaN], expected: [1] } })))).toContain('y is off by Infinity')
  })

  it('is held to a limit of the mean squared error too, where there is one', async () => {
    const each = caseOf(() => ({ y: { actual: [1.00005, 1.00005], expected: [1, 1] } }))
    expect(complaint(each, await measure(each), 1e-4)).toBeUndefined()
    expect(complaint(each, await measure(each), 1e-5)).toBe(
      'y is off by 5.0e-5 in the root mean square (limit 0.00001)',
    )
  })

  it('counts tensors left behind', async () => {
    const left: tf.Tensor[] = []
    const each = caseOf(() => {
      left.push(tf.scalar(1), tf.scalar(2))
      return { right }
    })
    expect(await judge(each)).toBe('leaves 2 tensors behind')
    tf.dispose(left)
  })

  it('refuses a case that compares nothing', async () => {
    await expect(measure(caseOf(() => ({})))).rejects.toThrow('one: compares nothing')
    expect(wasmPrecision()).toBe('fast')
    await expect(measure(caseOf(() => ({ y: { actual: [], expected: [] } })))).rejects.toThrow('one: y has no values')
  })
})

describe('npm run conformance', () => {
  it('runs all but the optional backends, or those named', () => {
    expect(choose(undefined)).toEqual(all.filter(({ id }) => id !== 'tfjs-node'))
    expect(choose('chromium-webgl, tfjs-node').map(({ id }) => id)).toEqual(['tfjs-node', 'chromium-webgl'])
    expect(() => choose('wasm')).toThrow('no backend wasm; there are cpu, wasm-1, wasm-2')
    expect(() => backendOf('wasm')).toThrow('no backend wasm; there are cpu')
  })

  it('does not write what a GPU of this machine computes into the page, which is about SwiftShader', () => {
    const command = ['scripts/run.mjs', 'scripts/conformance.ts', '--only', 'webgpu', '--gpu', '--write']
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    expect(stderr).toContain('--write does not go with --gpu')
    expect(status).toBe(2)
  })

  it('says what a machine without Chromium lacks', () => {
    const before = process.env['CHROMIUM']
    process.env['CHROMIUM'] = '/nowhere/chromium'
    try {
      expect(missing(backendOf('chromium-webgl'), false)).toContain('there is no Chromium; install it')
      expect(missing(backendOf('webgpu'), false)).toContain('there is no SwiftShader, which comes with Chromium')
      expect(missing(backendOf('webgpu'), true)).toBeUndefined()
      expect(missing(backendOf('wasm-2'), false)).toBeUndefined()
    } finally {
      if (before === undefined) delete process.env['CHROMIUM']
      else process.env['CHROMIUM'] = before
    }
  })
})
