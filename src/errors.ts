// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/**
 * Text on one line that moves no cursor and turns no writing round: control characters as `\\x1b`, also those of Unicode. Names of
 * files are chosen by others, and end on a terminal.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`
  })

/** Prints a received value for an error message: short, on one line, never a whole tensor or array. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 120 ? `${value.slice(0, 117)}...` : value)
  if (Array.isArray(value))
    return value.length > 8
      ? `[${value.slice(0, 8).map(show).join(', ')}, … ${value.length} in all]`
      : `[${value.map(show).join(', ')}]`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return value.constructor?.name ?? 'an object'
  return String(value)
}

/**
 * An argument that breaks a documented rule. The message reads
 * `<argument> must <rule>; received <value>`.
 */
export class ArgumentError extends Error {
  /** Always `ArgumentError`; unlike the class name it survives minification. */
  override readonly name: string = 'ArgumentError'
  /** The argument's name as the caller wrote it, for example `options.margin`. */
  readonly argument: string
  constructor(argument: string, rule: string, received: unknown) {
    super(`${argument} must ${rule}; received ${show(received)}`)
    this.argument = argument
  }
}

/** Data from outside (an image, a folder, a table) that cannot be used; `source` names the file or record. */
export class DataError extends Error {
  /** Always `DataError`; unlike the class name it survives minification. */
  override readonly name: string = 'DataError'
  /** The file, folder or record at fault, as it is called; in the message its control characters are replaced. */
  readonly source: string
  /** What is wrong with it. */
  readonly problem: string
  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(printable(`${source}: ${problem}`), options)
    this.source = source
    this.problem = problem
  }
}

/** Of more differences than these, the message of a {@link WeightsError} says only how many there are. */
const mostDifferences = 40
/** Longer lines of it are cut: a file from outside may have names and shapes of any length. */
const longestLine = 1000

/**
 * A weights or checkpoint file that is malformed, or does not fit the network; `differences` lists every differing key, the
 * message the first 40.
 */
export class WeightsError extends Error {
  /** Always `WeightsError`; unlike the class name it survives minification. */
  override readonly name: string = 'WeightsError'
  /** One line for each missing, unexpected or differently shaped tensor. */
  readonly differences: readonly string[]
  constructor(source: string, problem: string, differences: readonly string[] = []) {
    const lines = [`${source}: ${problem}`, ...differences.slice(0, mostDifferences)]
    if (differences.length > mostDifferences) lines.push(`… and ${differences.length - mostDifferences} more`)
    const short = (line: string): string => (line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line)
    super(lines.map((line) => printable(short(line))).join('\n  '))
    this.differences = differences
  }
}

/** A tfjs backend that is absent, cannot start, or has failed for good. */
export class BackendError extends Error {
  /** Always `BackendError`; unlike the class name it survives minification. */
  override readonly name: string = 'BackendError'
  /** The backend's name, for example `wasm`. */
  readonly backend: string
  constructor(backend: string, problem: string, options?: ErrorOptions) {
    super(`backend ${backend}: ${problem}`, options)
    this.backend = backend
  }
}

/**
 * The backend has failed for good (its WebAssembly trapped, its graphics device was lost): every later use of it
 * throws this error. What its tensors held cannot be read back; go on in a new process from what was saved.
 */
export class BackendFailedError extends BackendError {
  /** Always `BackendFailedError`; unlike the class name it survives minification. */
  override readonly name: string = 'BackendFailedError'
}

/** Scores of one class only, where a metric needs both. */
export class OneClassError extends Error {
  /** Always `OneClassError`; unlike the class name it survives minification. */
  override readonly name: string = 'OneClassError'
}

/** Throws an {@link ArgumentError} unless the value is an integer of at least `minimum`. */
export function requireInteger(argument: string, value: number, minimum: number): void {
  if (!Number.isInteger(value) || value < minimum)
    throw new ArgumentError(argument, `be an integer >= ${minimum}`, value)
}

/** Throws an {@link ArgumentError} unless the value is a finite number in `[low, high]`. */
export function requireRange(argument: string, value: number, low: number, high: number): void {
  if (!Number.isFinite(value) || value < low || value > high) {
    throw new ArgumentError(
      argument,
      Number.isFinite(high) ? `be a number in [${low}, ${high}]` : `be a finite number >= ${low}`,
      value,
    )
  }
}
