import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** What WebGPU tells of an adapter (GPUAdapterInfo). */
export interface AdapterInfo {
  readonly vendor?: string
  readonly architecture?: string
  readonly device?: string
  readonly description?: string
  readonly isFallbackAdapter?: boolean
}

/** The adapter in words. */
export function adapterName({ description, vendor, architecture, device }: AdapterInfo): string {
  const parts = [description, vendor, architecture, device].filter((part) => part !== undefined && part !== '')
  return parts.join(', ') || 'an unnamed adapter'
}

/** Whether the adapter computes on the CPU: SwiftShader, llvmpipe, lavapipe, WARP. */
export function isSoftwareAdapter(info: AdapterInfo): boolean {
  if (info.isFallbackAdapter === true) return true
  return /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i.test(adapterName(info))
}

/** Asks the package `webgpu` (file URL) for an adapter, and prints whether there is one. */
const probe = (url: string): string => `
  import { create, globals } from ${JSON.stringify(url)}
  Object.assign(globalThis, globals)
  const adapter = await create([]).requestAdapter().catch(() => null)
  process.stdout.write(adapter ? 'adapter found' : 'adapter none', () => process.exit(0))
`

/** Why WebGPU cannot start where it has no adapter. */
export const noAdapter = 'no adapter: this machine offers no GPU through Vulkan, Metal or Direct3D 12'

/** Milliseconds after which a driver that does not answer is given up. */
const timeout = 20_000

/**
 * Looks in a process of its own whether WebGPU has an adapter: Dawn writes to standard error where it has none, and a
 * broken driver ends the process. Gives undefined where there is an adapter, else what it said.
 */
export async function whyNoAdapter(url: string): Promise<string | undefined> {
  const args = ['--input-type=module', '-e', probe(url)]
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout, killSignal: 'SIGKILL' })
    if (!stdout.endsWith('adapter none')) return undefined
    const [warning] = stderr.match(/(?<=^Warning: ).*$/m) ?? []
    return warning === undefined ? noAdapter : `${noAdapter} (${warning.trim()})`
  } catch (error) {
    const { signal, killed } = error as { signal?: string | null; killed?: boolean }
    if (killed === true) return `no adapter: the graphics driver has not answered for ${timeout / 1000} s`
    if (typeof signal === 'string')
      return `no adapter: asking for one ended a process by ${signal}, so the driver is broken`
    // No process may be started, or the package threw: the caller asks in its own process, and meets the error there.
    return undefined
  }
}
