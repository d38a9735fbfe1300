import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { wasmPrecisions } from '../backend/wasm/precision.js'
import { backendNames } from '../node/backends/startedBackend.js'
import { maxThreads } from '../node/backends/wasmThreads.js'
import { hasCode } from '../node/files.js'

/** Options or arguments that cannot work, found before any work was done: exit code 2. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

/** Whether the text is a finite decimal number; Number() would take '' for 0 and '0x10' for 16. */
export const isDecimal = (text: string): boolean =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))

/** Parses an integer in [low, high]. */
export const integer =
  (low: number, high: number = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^[+-]?\d+$/.test(text) || value < low || value > high) {
      throw new InvalidArgumentError(
        high === Number.MAX_SAFE_INTEGER
          ? `It must be an integer >= ${low}.`
          : `It must be an integer from ${low} to ${high}.`,
      )
    }
    return value
  }

/** Parses a finite decimal number. */
export function finiteNumber(text: string): number {
  if (!isDecimal(text)) throw new InvalidArgumentError('It must be a finite number.')
  return Number(text)
}

/** Parses a number in [low, high], or a range of two as `0.5:2`. */
export const numberOrRange =
  (low: number, high: number, isWhole = false) =>
  (text: string): number | readonly [number, number] => {
    const values = text.split(':').map((part) => (/^\d*\.?\d+$/.test(part.trim()) ? Number(part) : Number.NaN))
    const fits = values.every((value) => value >= low && value <= high && (!isWhole || Number.isInteger(value)))
    const [first, last] = values as [number, number?]
    if (!fits || values.length > 2 || (last !== undefined && last < first)) {
      const kind = isWhole ? 'an integer' : 'a number'
      throw new InvalidArgumentError(`It must be ${kind} from ${low} to ${high}, or two of them as LOW:HIGH.`)
    }
    return last === undefined ? first : [first, last]
  }

/** Parses a list of names such as `patient,image`, each once. */
export const listOf =
  <T extends string>(names: readonly T[]) =>
  (text: string): T[] => {
    const values = text.split(',').map((part) => names.find((name) => name === part.trim()))
    if (values.includes(undefined) || new Set(values).size !== values.length) {
      throw new InvalidArgumentError(`It must list some of ${names.join(',')}, each once.`)
    }
    return values as T[]
  }

/** Parses a number in [0, 1). */
export function shareBelowOne(text: string): number {
  const value = isDecimal(text) ? Number(text) : Number.NaN
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('It must be a number from 0 to below 1.')
  return value
}

const known = [40, 100, 200, 400] as const

/** Parses a list such as `40,100`. */
export function magnificationList(text: string): (typeof known)[number][] {
  const values = text.split(',').map((part) => known.find((magnification) => String(magnification) === part.trim()))
  if (values.includes(undefined) || new Set(values).size !== values.length) {
    throw new InvalidArgumentError('It must list some of 40,100,200,400, each once.')
  }
  return values as (typeof known)[number][]
}

/** `--json`, the same everywhere. */
export const jsonOption = (): Option =>
  new Option('--json', 'print the result as JSON on stdout, and nothing else there')

/** `--backend`, the same everywhere. */
export const backendOption = (): Option =>
  new Option('--backend <name>', 'what computes; auto = the quickest that works here, tried in turn')
    .choices([...backendNames, 'auto'])
    .default('wasm')

/** `--threads`, the same everywhere. */
export const threadsOption = (): Option =>
  new Option('--threads <n>', 'threads of the wasm backend (default: the cores there are, 8 at most)').argParser(
    integer(1, maxThreads),
  )

/** `--precision`, the same everywhere. */
export const precisionOption = (): Option =>
  new Option(
    '--precision <name>',
    "the wasm backend's 3x3 convolutions: fast, or exact as a sum in float32, which takes longer (default: fast)",
  ).choices(wasmPrecisions)

/** What is at the path: a file, a folder, or nothing. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return 'nothing'
    throw error
  }
}

/** Throws a {@link UsageError} unless a file is there. */
export async function requireFile(what: string, path: string): Promise<string> {
  const kind = await kindOf(path)
  if (kind === 'nothing') throw new UsageError(`${what}: no such file: ${path}`)
  if (kind === 'folder') throw new UsageError(`${what}: is a folder, not a file: ${path}`)
  return path
}

/** Throws a {@link UsageError} unless a folder is there. */
export async function requireFolder(what: string, path: string): Promise<string> {
  const kind = await kindOf(path)
  if (kind === 'nothing') throw new UsageError(`${what}: no such folder: ${path}`)
  if (kind === 'file') throw new UsageError(`${what}: is a file, not a folder: ${path}`)
  return path
}

/** A tfjs model's `model.json`, given itself or by its folder. */
export async function modelFile(what: string, path: string): Promise<string> {
  return await requireFile(what, (await kindOf(path)) === 'folder' ? join(path, 'model.json') : path)
}
