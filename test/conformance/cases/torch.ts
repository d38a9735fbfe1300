import type { FlattenedImage, NamedTensor } from '../../../src/weights/index.js'
import { summarise, toTorch, type Summary } from '../../esrgan/formula.js'
import type { Comparison } from '../case.js'

type Comparisons = Record<string, Comparison>

/** Named tensors of tfjs's layout against PyTorch's, all values or projections of them; none may be missing. */
export function compareWithTorch(
  found: ReadonlyMap<string, NamedTensor>,
  expected: Readonly<Record<string, Summary>>,
  flattened?: FlattenedImage,
): Comparisons {
  const names = new Set([...found.keys(), ...Object.keys(expected)])
  return Object.fromEntries(
    [...names].map((name) => {
      const [values, like] = [found.get(name), expected[name] ?? []]
      const actual = values === undefined ? [] : summarise(toTorch(name, values, flattened), like)
      return [name, { actual, expected: Array.isArray(like) ? like : like.projections }]
    }),
  )
}

type Numbers = Readonly<Record<string, number>>

/** One comparison a value, so that each counts with its own size. */
export function compareValues(actual: Numbers, expected: Numbers, prefix = ''): Comparisons {
  const names = [...new Set([...Object.keys(actual), ...Object.keys(expected)])]
  const row = (value: number | undefined): number[] => (value === undefined ? [] : [value])
  return Object.fromEntries(
    names.map((name) => [`${prefix}${name}`, { actual: row(actual[name]), expected: row(expected[name]) }]),
  )
}
