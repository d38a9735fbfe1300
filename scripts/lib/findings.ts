import type { Repair } from '../../src/backend/index.js'
import { all, backends } from '../../test/conformance/backends.js'
import type { BackendResult, CaseResult } from './conformance.js'

/**
 * What docs/backends.md tells: no digits, which differ between machines, but powers of ten. By case and backend id, `1e-6`
 * for an error up to that, `wrong` or `not run`.
 */
export type Cells = Readonly<Record<string, Readonly<Record<string, string>>>>

/** All that runs of the conformance suite have found. */
export interface Findings {
  readonly cells: Cells
  /** What has to be repaired in stock tfjs, sorted by backend and kernel. */
  readonly repairs: readonly Repair[]
}

/** Smaller errors are rounding, and all the same here. */
const smallest = -7

/** Powers of ten by which an error within its tolerance may grow: another processor or browser rounds in another order. */
const noise = 2

/** The power of ten that the error stays below. */
const exponent = (error: number): number => Math.max(smallest, Math.ceil(Math.log10(error)))

const cellOf = ({ passed, error }: CaseResult): string => (passed && error !== null ? `1e${exponent(error)}` : 'wrong')

/** The tfjs backend that a column is about. */
const nameOf = (id: string): string | undefined => all.find((backend) => backend.id === id)?.name

/** The repairs of the run, each once, with the old ones of the backends that did not run. */
function mergeRepairs(old: readonly Repair[], results: readonly BackendResult[]): Repair[] {
  const ran = new Set(results.map(({ id }) => nameOf(id)))
  const all = [...old.filter(({ backend }) => !ran.has(backend)), ...results.flatMap(({ repairs }) => repairs)]
  const unique = new Map(all.map((repair) => [`${repair.backend} ${repair.kernel}`, repair]))
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, repair]) => repair)
}

/** Findings with those of a run in place of the old ones. */
export function merge(old: Findings, results: readonly BackendResult[]): Findings {
  const cells: Record<string, Record<string, string>> = {}
  for (const { id, cases } of results) {
    for (const result of cases) (cells[result.name] ??= { ...old.cells[result.name] })[id] = cellOf(result)
  }
  return { cells: { ...old.cells, ...cells }, repairs: mergeRepairs(old.repairs, results) }
}

/**
 * How a run differs from what was found before, beyond noise: another verdict, an error that has grown by orders of
 * magnitude, another kernel repaired. A case that an optional backend has not run before is no difference.
 */
export function differences(old: Findings, results: readonly BackendResult[]): string[] {
  const cells = results.flatMap(({ id, cases }) => {
    const isOptional = backends.some((backend) => backend.id === id && backend.isOptional)
    return cases.flatMap((result) => {
      const before = old.cells[result.name]?.[id] ?? 'not run'
      const found = cellOf(result)
      const growth = Number(found.slice(2)) - Number(before.slice(2))
      if (before === found || growth <= noise || (isOptional && before === 'not run')) return []
      return [`${result.name} on ${id}: ${found}, but the page says ${before}`]
    })
  })
  const text = ({ backend, kernel, reason }: Repair): string => `${kernel} of ${backend} is ${reason}`
  const before = old.repairs.map(text)
  const after = mergeRepairs(
    old.repairs,
    results.filter(({ reason }) => reason === undefined),
  ).map(text)
  return [
    ...cells,
    ...after.filter((line) => !before.includes(line)).map((line) => `${line}, but not on the page`),
    ...before.filter((line) => !after.includes(line)).map((line) => `${line} on the page only`),
  ]
}
