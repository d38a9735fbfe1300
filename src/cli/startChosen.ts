import type { WasmPrecision } from '../backend/index.js'
import { chooseBackend, startBackend, type BackendName, type StartedBackend } from '../node/index.js'
import type { CommandIO } from './io.js'

/** What `--backend` takes. */
export type BackendChoice = BackendName | 'auto'

/** What `--threads` and `--precision` take. */
export interface WasmChoice {
  threads?: number
  precision?: WasmPrecision
}

/**
 * Starts what `--backend` names. With `auto` it says on stderr what was passed over and why, and the description has the
 * names.
 */
export async function startChosen(
  io: CommandIO,
  choice: BackendChoice,
  { threads, precision }: WasmChoice,
): Promise<StartedBackend> {
  const options = { ...(threads !== undefined && { threads }), ...(precision !== undefined && { precision }) }
  if (choice !== 'auto') return await startBackend(choice, options)
  const { tried, ...started } = await chooseBackend(options)
  for (const { name, reason } of tried) io.stderr.write(`passed over ${name}: ${reason}\n`)
  const passedOver = tried.map(({ name }) => name).join(', ')
  const why = passedOver === '' ? '' : `, passed over ${passedOver}`
  return { ...started, description: `${started.description} (chosen by --backend auto${why})` }
}
