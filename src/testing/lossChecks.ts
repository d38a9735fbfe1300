import { dispose, grad, sum, tensor, tidy, type Tensor, type TensorLike } from '@tensorflow/tfjs-core'
import { requireGradients } from '../backend/requireGradients.js'
import { ArgumentError } from '../errors.js'
import type {
  DegenerateCase,
  ErrorCase,
  GoldenCase,
  GradientCase,
  LossCases,
  LossInputs,
  LossUnderTest,
  ReductionCase,
} from './lossCases.js'
import { requireClose, requireFinite } from './requireClose.js'
import { withInputs } from './withInputs.js'

/** One thing that a loss has to show. */
export interface LossCheck {
  /** What it is. */
  readonly name: string
  /** Resolves where the loss shows it, and rejects with an Error that says what it does instead. */
  run(): Promise<void>
}

const flat = (values: TensorLike): number[] => [values].flat(Infinity).map(Number)

/** The shape of the tensor that these values make. */
function shapeOf(values: TensorLike): number[] {
  if (typeof values !== 'object' || !('length' in values)) return []
  return [values.length, ...(values.length > 0 ? shapeOf(values[0] as TensorLike) : [])]
}

/** The loss with the case's options. */
type Call = (inputs: Tensor[], options?: object) => Tensor

/** The numbers of a tensor, which is then disposed. */
async function read(result: Tensor): Promise<ArrayLike<number>> {
  try {
    return await result.data()
  } finally {
    result.dispose()
  }
}

/** The loss as a function of its input `i` alone. */
const inInput = (call: Call, inputs: readonly Tensor[], i: number, options?: object) => (x: Tensor) =>
  call(
    inputs.map((input, k) => (k === i ? x : input)),
    options,
  )

/** The gradient of the summed loss in its input `i`. */
function gradientOf(call: Call, inputs: readonly Tensor[], i: number, options?: object): Promise<ArrayLike<number>> {
  requireGradients()
  return read(tidy(() => grad((x) => sum(inInput(call, inputs, i, options)(x)))(inputs[i]!)))
}

function golden(call: Call, { inputs, options, value, gradients = [], tolerance = 2e-6 }: GoldenCase): Promise<void> {
  return withInputs(inputs, async (tensors) => {
    const result = call(tensors, options)
    const shape = `[${result.shape}]`
    const found = await read(result)
    const expected = `[${shapeOf(value)}]`
    if (shape !== expected) throw new Error(`the value has the shape ${shape}, not ${expected}`)
    requireClose(found, flat(value), tolerance)
    for (const [i, expected] of gradients.entries()) {
      if (expected === null) continue
      requireClose(await gradientOf(call, tensors, i, options), flat(expected), tolerance)
    }
  })
}

function slope(call: Call, given: GradientCase): Promise<void> {
  const { inputs, options, of = [0], step = 1e-2, tolerance = 5e-3 } = given
  return withInputs(inputs, async (tensors) => {
    for (const i of of) {
      const x = tensors[i]!
      const values = Float32Array.from(await x.data())
      const at = async (place: number, delta: number): Promise<number> => {
        const moved = values.slice()
        moved[place]! += delta
        const result = tidy(() => sum(inInput(call, tensors, i, options)(tensor(moved, x.shape))))
        return (await read(result))[0]!
      }
      const expected: number[] = []
      for (let place = 0; place < values.length; place++)
        expected.push(((await at(place, step)) - (await at(place, -step))) / (2 * step))
      requireClose(await gradientOf(call, tensors, i, options), expected, tolerance)
    }
  })
}

function reductions(call: Call, { inputs, options, active = false }: ReductionCase): Promise<void> {
  return withInputs(inputs, async (tensors) => {
    const reduced = async (reduction?: string): Promise<number> => {
      const result = call(tensors, { ...options, ...(reduction === undefined ? {} : { reduction }) })
      const { rank } = result
      const [value] = Array.from(await read(result))
      if (rank !== 0) throw new Error(`reduction ${reduction ?? 'by default'} gives no scalar but rank ${rank}`)
      return value!
    }
    const costs = Array.from(await read(call(tensors, { ...options, reduction: 'none' })))
    const total = costs.reduce((all, each) => all + each, 0)
    const some = costs.filter((cost) => cost > 0)
    const meanOfActive = some.reduce((all, each) => all + each, 0) / Math.max(1, some.length)
    const mean = total / costs.length
    requireClose([await reduced(), await reduced('mean'), await reduced('sum')], [mean, mean, total], 1e-6)
    if (active) requireClose([await reduced('mean-active')], [meanOfActive], 1e-6)
  })
}

function refusal(call: Call, { inputs, options, message, errorName }: ErrorCase): Promise<void> {
  return withInputs(inputs, (tensors) => {
    let result: Tensor
    try {
      result = call(tensors, options)
    } catch (error) {
      const { name, message: text } = error as Error
      if (!text.includes(message)) throw new Error(`the error says "${text}", not "${message}"`, { cause: error })
      if (errorName !== undefined && name !== errorName)
        throw new Error(`the error is a ${name}, not a ${errorName}`, { cause: error })
      return
    }
    dispose(result)
    throw new Error(`nothing was thrown; expected "${message}"`)
  })
}

function degenerate(call: Call, { inputs, options, value, of = [0] }: DegenerateCase): Promise<void> {
  return withInputs(inputs, async (tensors) => {
    const values = await read(call(tensors, options))
    requireFinite('value', values)
    if (value !== undefined) requireClose(values, [value], 1e-6)
    for (const i of of) requireFinite(`gradient of input ${i}`, await gradientOf(call, tensors, i, options))
  })
}

/**
 * The contract of a loss as a list of checks, for a runner that {@link testLoss} does not know: golden values and gradients,
 * central-difference gradients, reductions, degenerate batches and error texts, on the active backend. All of them check, too, that
 * arguments are borrowed and unchanged and that no tensor is left behind, also where the loss throws.
 *
 * @throws ArgumentError where there is nothing to check
 */
export function lossChecks(loss: LossUnderTest, cases: LossCases): LossCheck[] {
  const call: Call = (inputs, options = {}) => {
    const result: unknown = loss(inputs, options as never)
    if (typeof (result as Tensor | undefined)?.dataSync !== 'function')
      throw new Error(`the loss gives ${result instanceof Promise ? 'a promise' : String(result)}, not a tensor`)
    return result as Tensor
  }
  const each = <T extends LossInputs>(
    title: string,
    check: (call: Call, given: T) => Promise<void>,
    all: readonly T[] = [],
  ): LossCheck[] => all.map((given) => ({ name: `${title} ${given.name}`, run: () => check(call, given) }))
  const { reductions: gathered } = cases
  const checks = [
    ...each('equals the reference:', golden, cases.golden),
    ...each('has the slope of its value:', slope, cases.gradient),
    ...(gathered === undefined
      ? []
      : [
          {
            name: 'reduces its elements to their mean by default, or to their sum',
            run: () => reductions(call, gathered),
          },
          {
            name: 'refuses an unknown reduction',
            run: () =>
              refusal(call, {
                name: '',
                inputs: gathered.inputs,
                options: { ...gathered.options, reduction: 'median' },
                message: 'reduction',
              }),
          },
        ]),
    ...each('stays finite:', degenerate, cases.degenerate),
    ...each('refuses', refusal, cases.errors),
  ]
  if (checks.length === 0) throw new ArgumentError('cases', 'hold at least one case', Object.keys(cases))
  return checks
}
