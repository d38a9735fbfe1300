import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { multiplyAdds } from '../../bench/multiplyAdds.js'
import { profileKernels } from '../../bench/profile.js'
import { networkRows, rows, selectRows, type Spec } from '../../bench/rows.js'
import { busyNote, median } from '../../bench/runner.js'
import { createWork } from '../../bench/work/createWork.js'
import { replaceResults } from '../../bench/writeResults.js'
import { ownKernels } from '../../src/backend/ops/ownKernel.js'
import { useBackend } from '../helpers/backend.js'

beforeAll(() => useBackend('wasm'))

/** Every kind of row, small. */
const small: readonly Spec[] = [
  { kind: 'conv-forward', batch: 2, size: 6, inputs: 3, outputs: 4 },
  { kind: 'conv-input-gradient', batch: 2, size: 6, inputs: 3, outputs: 4 },
  { kind: 'conv-filter-gradient', batch: 2, size: 6, inputs: 3, outputs: 4 },
  { kind: 'rrdb-train', blocks: 1, features: 8, growth: 4, batch: 2, size: 8 },
  { kind: 'rrdb-forward', blocks: 2, features: 8, growth: 4, batch: 1, size: 8 },
  { kind: 'discriminator-step', size: 32, features: 4, batch: 2 },
  { kind: 'siamese-step', size: 32, widths: [4, 8], pairs: 4 },
  { kind: 'vgg-gradient', size: 16, batch: 1 },
]

/** Multiply-adds of every forward convolution that runs inside `step`, those of dense blocks one by one, from the shapes that the kernels see. */
async function forwardConvolutions(step: () => Promise<void>): Promise<number[]> {
  const counts: number[] = []
  const kernels = ['Conv2D', 'FusedConv2D'].map((name) => tf.getKernel(name, 'wasm'))
  const originals = kernels.map((kernel) => kernel.kernelFunc)
  const block = tf.getKernel(ownKernels.residualDenseBlock, 'wasm')
  tf.unregisterKernel(block.kernelName, 'wasm')
  kernels.forEach((kernel, i) => {
    kernel.kernelFunc = (call) => {
      const result = originals[i]!(call) as tf.TensorInfo
      const [kh, kw, inputs] = call.inputs['filter']!.shape as [number, number, number]
      counts.push(tf.util.sizeFromShape(result.shape) * kh * kw * inputs)
      return result
    }
  })
  try {
    await step()
  } finally {
    kernels.forEach((kernel, i) => (kernel.kernelFunc = originals[i]!))
    tf.registerKernel(block)
  }
  return counts
}

describe('multiplyAdds', () => {
  it('counts what the generator runs', async () => {
    const spec: Spec = { kind: 'rrdb-forward', blocks: 2, features: 8, growth: 4, batch: 3, size: 8 }
    const work = await createWork(spec)
    const counts = await forwardConvolutions(async () => (await work.run())!.dispose())
    work.dispose()
    expect(counts.reduce((sum, count) => sum + count)).toBe(multiplyAdds(spec))
    const first = counts[0]!
    expect(multiplyAdds({ ...spec, kind: 'rrdb-train' })).toBe(3 * multiplyAdds(spec) - first)
  })

  it('of the published generator on 64x64 is 73.4e9', () => {
    const { spec } = networkRows.find(({ name }) => name === 'rrdb-forward-nb23')!
    expect(multiplyAdds(spec)).toBe(73_428_369_408)
  })
})

describe('a busy machine', () => {
  it('is said where others took a good part of a core, whatever the benchmark itself took', () => {
    expect(busyNote({ all: 2000, own: 1990, clock: 1000 })).toEqual([])
    expect(busyNote({ all: 1990, own: 990, clock: 1000 })).toEqual([
      expect.stringMatching(/^other programs took 1\.0 of \d+ cores while this was measured: measure again$/),
    ])
  })
})

describe.each(small.map((spec) => [spec.kind, spec] as const))('%s', (_, spec) => {
  it('runs again and again without leaving a tensor, and its result is finite', async () => {
    const before = tf.memory().numTensors
    const work = await createWork(spec)
    try {
      const result = await work.result()
      const values = await result.data()
      result.dispose()
      expect(values.length).toBeGreaterThan(0)
      expect(values.every(Number.isFinite)).toBe(true)
      expect(multiplyAdds(spec)).toBeGreaterThan(0)
      const between = tf.memory().numTensors
      for (let i = 0; i < 2; i++) (await work.run())?.dispose()
      expect(tf.memory().numTensors).toBe(between)
    } finally {
      work.dispose()
    }
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('profileKernels', () => {
  it('counts each kernel once, its own time only, and puts the kernels back', async () => {
    const kernel = tf.getKernel('Square', 'wasm').kernelFunc
    const outer = tf.getKernel('Relu', 'wasm')
    const stock = outer.kernelFunc
    const wait = (ms: number): void => {
      for (const start = performance.now(); performance.now() - start < ms;);
    }
    // A kernel that takes 1 ms itself and calls another.
    outer.kernelFunc = (call) => {
      wait(1)
      tf.square(call.inputs['x'] as tf.Tensor).dispose()
      return stock(call)
    }
    try {
      const x = tf.tensor2d([[1, 2, 3]])
      const profile = await profileKernels('wasm', 4, async () => tf.relu(x).dispose())
      x.dispose()
      const byName = new Map(profile.kernels.map((line) => [line.kernel, line]))
      expect(byName.get('Relu')!.calls).toBe(1)
      expect(byName.get('Square')!.calls).toBe(1)
      expect(byName.get('Relu')!.ms).toBeGreaterThanOrEqual(1)
      const sum = profile.kernels.reduce((total, { ms }) => total + ms, 0)
      expect(sum + profile.otherMs).toBeCloseTo(profile.stepMs, 6)
      expect(profile.otherMs).toBeGreaterThanOrEqual(0)
      expect(profile.shapes.map(({ kernel: name, shapes }) => `${name} ${shapes}`)).toContain('Relu 1x3')
    } finally {
      outer.kernelFunc = stock
    }
    expect(tf.getKernel('Square', 'wasm').kernelFunc).toBe(kernel)
  })
})

describe('selectRows', () => {
  it('takes names and prefixes, in the order of the table', () => {
    expect(selectRows([]).selected).toBe(rows)
    const { selected, unknown } = selectRows(['siamese-step', 'rrdb-'])
    expect(selected.map(({ name }) => name)).toEqual([
      'rrdb-train-nb23',
      'rrdb-train-nb3',
      'rrdb-forward-nb23',
      'siamese-step',
    ])
    expect(unknown).toEqual([])
    expect(selectRows(['rrdb-train-nb3']).selected).toHaveLength(1)
    expect(selectRows(['conv-', 'no-such', '']).unknown).toEqual(['no-such', ''])
  })

  it('has a name for each row once', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
  })
})

it('median is the middle, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
})

it('replaceResults changes the text between the marks of a section only, and refuses a page without them', () => {
  const marked = (section: string, text: string): string =>
    `<!-- results, ${section}: npm run bench -- --write -->\n\n${text}\n\n<!-- end of results -->`
  const page = `a\n${marked('networks', 'old')}\nb\n${marked('records', 'old')}\nc\n`
  const changed = replaceResults(page, 'records', 'new')
  expect(changed).toBe(`a\n${marked('networks', 'old')}\nb\n${marked('records', 'new')}\nc\n`)
  expect(replaceResults(changed, 'records', 'new')).toBe(changed)
  expect(replaceResults(changed, 'networks', 'x')).toContain(marked('networks', 'x'))
  expect(() => replaceResults(page, 'images', 'new')).toThrow('docs/benchmarks.md has no <!-- results, images')
})
