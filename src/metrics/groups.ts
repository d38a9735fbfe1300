import { ArgumentError } from '../errors.js'

/** Rows in groups, for example images of patients; groups in the order of their first row. */
export interface Grouped {
  /** The groups' names. */
  readonly names: readonly (string | number)[]
  /** Which group each row is of. */
  readonly of: Int32Array
  /** Rows of each group. */
  readonly rows: readonly Int32Array[]
}

/** The groups of `count` rows, checked: strings or finite numbers; a number is not the string that looks like it. */
export function groupRows(groups: ArrayLike<string | number>): Grouped {
  const indices = new Map<string | number, number>()
  const of = new Int32Array(groups.length)
  const sizes: number[] = []
  for (let i = 0; i < of.length; i++) {
    const name = groups[i]!
    if (typeof name !== 'string' && !Number.isFinite(name))
      throw new ArgumentError(`groups[${i}]`, 'be a string or a finite number', name)
    let index = indices.get(name)
    if (index === undefined) {
      index = sizes.length
      indices.set(name, index)
      sizes.push(0)
    }
    of[i] = index
    sizes[index]!++
  }
  const rows = sizes.map((size) => new Int32Array(size))
  const filled = new Int32Array(sizes.length)
  of.forEach((group, i) => (rows[group]![filled[group]!++] = i))
  return { names: [...indices.keys()], of, rows }
}
