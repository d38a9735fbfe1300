import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cpuRepairs } from '../../src/backend/cpu/repairs.js'
import {
  backendRepairs,
  enableCPUTraining,
  enableWasmTraining,
  OutOfMemoryError,
  repairBackend,
} from '../../src/backend/index.js'
import { findFault } from '../../src/backend/repairs/probe.js'
import { replaceKernel, type RepairPlan } from '../../src/backend/repairs/repair.js'
import { wasmRepairs } from '../../src/backend/wasm/repairs.js'

const missingOnWasm = [
  'Conv2DBackpropFilter',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'Einsum',
  'UnsortedSegmentSum',
]

interface Kind {
  name: 'wasm' | 'cpu'
  plans: readonly RepairPlan[]
  enable: () => readonly string[]
  missing: string[]
  /** Right, but slow; beside those whose repair has no probe of wrong numbers. */
  slow: string[]
}

const kinds: Kind[] = [
  {
    name: 'wasm',
    plans: wasmRepairs(),
    enable: enableWasmTraining,
    missing: missingOnWasm,
    slow: ['Conv2DBackpropInput'],
  },
  { name: 'cpu', plans: cpuRepairs(), enable: enableCPUTraining, missing: [], slow: ['Conv2DBackpropFilter'] },
]

describe.each(kinds)('repairs of $name', ({ name, plans, enable, missing, ...kind }) => {
  const slow = [...kind.slow, ...plans.filter(({ isWrong }) => !isWrong).map(({ kernel }) => kernel)]
  const planned = plans.map(({ kernel }) => kernel).sort()
  const registered = (): (tf.KernelConfig | undefined)[] => planned.map((kernel) => tf.getKernel(kernel, name))
  /** The kernels as tfjs registers them. */
  let stock: tf.KernelConfig[] = []
  const restore = (): void => {
    for (const kernel of planned) if (tf.getKernel(kernel, name)) tf.unregisterKernel(kernel, name)
    for (const config of stock) tf.registerKernel(config)
  }

  beforeAll(async () => {
    expect(await tf.setBackend(name)).toBe(true)
    stock = registered().filter((config) => config !== undefined)
  })
  beforeEach(restore)
  afterAll(() => {
    restore()
    enable()
  })

  it('know what stock tfjs lacks', () => {
    expect(planned.filter((kernel) => !tf.getKernel(kernel, name))).toEqual(missing)
  })

  it('find every stock kernel wrong or slow, and no repaired one wrong', () => {
    const instance = tf.backend()
    const faults = new Map(
      stock.map((config) => [
        config.kernelName,
        findFault(
          plans.find(({ kernel }) => kernel === config.kernelName)!,
          instance,
          config,
        ),
      ]),
    )
    const wrong = planned.filter((kernel) => !missing.includes(kernel) && !slow.includes(kernel))
    expect(Object.fromEntries(faults)).toEqual({
      ...Object.fromEntries(wrong.map((kernel) => [kernel, 'wrong'])),
      ...Object.fromEntries(slow.map((kernel) => [kernel, 'slow'])),
    })
    enable()
    for (const { isWrong, kernel } of plans) {
      const fault = findFault(isWrong ? { isWrong } : {}, instance, tf.getKernel(kernel, name)!)
      expect(fault, kernel).toBeUndefined()
    }
  })

  it('finds no fault with a kernel where the backend itself could not run the probe', () => {
    const stopped =
      (error: Error): (() => boolean) =>
      () => {
        throw error
      }
    const [instance, kernel] = [tf.backend(), tf.getKernel('Sum', name)!]
    const full = new OutOfMemoryError(2 ** 30, 2 ** 32)
    expect(() => findFault({ isWrong: stopped(full) }, instance, kernel)).toThrow(full)
    expect(findFault({ isWrong: stopped(new TypeError('not implemented')) }, instance, kernel)).toBe('wrong')
  })

  it('are listed with their reason, and leave no tensor and no data', () => {
    expect(backendRepairs().filter(({ backend }) => backend === name)).toEqual([])
    const before = [tf.memory().numTensors, (tf.backend() as tf.KernelBackend).numDataIds()]
    expect(enable()).toEqual(planned)
    expect([tf.memory().numTensors, (tf.backend() as tf.KernelBackend).numDataIds()]).toEqual(before)
    const listed = backendRepairs().filter(({ backend }) => backend === name)
    expect(listed.map(({ kernel }) => kernel)).toEqual(planned)
    for (const { kernel, reason, detail } of listed) {
      const expected = missing.includes(kernel) ? 'missing' : slow.includes(kernel) ? 'slow' : 'wrong'
      expect([kernel, reason]).toEqual([kernel, expected])
      expect(detail).toMatch(/^[^\n]{10,100}$/)
    }
    expect(repairBackend()).toEqual(listed)
  })

  it('are put in force once', () => {
    enable()
    const first = registered()
    expect(enable()).toEqual(planned)
    repairBackend()
    registered().forEach((config, i) => expect(config).toBe(first[i]))
  })

  it.each(plans.filter(({ isWrong }) => isWrong))("leave a user's own right kernel alone: $kernel", (plan) => {
    // A kernel that is right, and no repair by its mark.
    let calls = 0
    const right = plan.make(stock.find(({ kernelName }) => kernelName === plan.kernel)?.kernelFunc) as tf.KernelFunc
    const kernelFunc: tf.KernelFunc = (args) => {
      calls++
      return right(args)
    }
    replaceKernel({ kernelName: plan.kernel, backendName: name, kernelFunc })
    expect(enable()).toEqual(planned.filter((kernel) => kernel !== plan.kernel))
    expect(backendRepairs().some(({ backend, kernel }) => backend === name && kernel === plan.kernel)).toBe(false)
    const examined = calls
    expect(examined).toBeGreaterThan(0)
    enable()
    expect(calls, 'examined once only').toBe(examined)
  })

  it("replace a user's own kernel that is wrong, or throws", () => {
    const [first, second] = plans.filter(({ isWrong }) => isWrong).map(({ kernel }) => kernel)
    const zeros: tf.KernelFunc = ({ inputs, backend }) => {
      const { shape, dtype } = Object.values(inputs)[0]!
      const dataId = (backend as tf.KernelBackend).write(new Float32Array(tf.util.sizeFromShape(shape)), shape, dtype)
      return { dataId, shape, dtype }
    }
    replaceKernel({ kernelName: first!, backendName: name, kernelFunc: zeros })
    replaceKernel({
      kernelName: second!,
      backendName: name,
      kernelFunc: () => {
        throw new Error('not today')
      },
    })
    enable()
    const reasons = new Map(repairBackend().map(({ kernel, reason }) => [kernel, reason]))
    expect([reasons.get(first!), reasons.get(second!)]).toEqual(['wrong', 'wrong'])
  })
})

describe('repairs before the backend is imported or active', () => {
  it('name the import that is missing', () => {
    const kernels = ['wasm', 'cpu'].map((name) => tf.getKernel('Conv2D', name)!)
    for (const { backendName } of kernels) tf.unregisterKernel('Conv2D', backendName)
    try {
      expect(() => enableWasmTraining()).toThrow('import @tensorflow/tfjs-backend-wasm before enableWasmTraining()')
      expect(() => enableCPUTraining()).toThrow('import @tensorflow/tfjs-backend-cpu before enableCPUTraining()')
    } finally {
      for (const kernel of kernels) tf.registerKernel(kernel)
    }
  })
})
