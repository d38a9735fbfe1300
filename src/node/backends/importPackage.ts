import { getKernelsForBackend } from '@tensorflow/tfjs-core'
import { findPackage, type PackageName } from './packages.js'
import { StartError } from './startError.js'
import { installCommand, versionProblem } from './versions.js'

/** Why an installed package does not load, and what to do. */
function loadProblem(name: PackageName, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (message.includes('tfjs_binding.node') && code !== 'ERR_DLOPEN_FAILED') {
    return `${name} is installed, but its install script failed to fetch the native part; run: npm rebuild ${name}`
  }
  if (code === 'ERR_DLOPEN_FAILED') {
    const libraries = name === '@tensorflow/tfjs-node-gpu' ? 'libtensorflow, or CUDA' : 'libtensorflow or another'
    const which = name.startsWith('@tensorflow/tfjs-node') ? ` (${libraries})` : ''
    return `${name} is installed, but its shared libraries do not load${which}: ${message.split('\n')[0]}`
  }
  return `${name} is installed but does not load: ${message.split('\n')[0]}`
}

/**
 * Throws unless all of the packages are installed.
 *
 * @throws StartError that names those that are absent, with the one command that installs them.
 */
export function requireInstalled(backend: string, ...names: PackageName[]): void {
  const missing = names.filter((name) => !findPackage(name))
  if (missing.length === 0) return
  const which = `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not installed`
  throw new StartError(backend, 'absent', `${which}; run: ${installCommand(...missing)}`)
}

/**
 * Imports a package that the backend needs, after a look at its version.
 *
 * @throws StartError where it is absent, of a wrong version, or does not load; it says what to do.
 */
export async function importPackage(backend: string, name: PackageName): Promise<Record<string, unknown>> {
  requireInstalled(backend, name)
  const found = findPackage(name)!
  const problem = versionProblem(found)
  if (problem !== undefined) throw new StartError(backend, 'broken', problem)
  try {
    return (await import(name)) as Record<string, unknown>
  } catch (error) {
    throw new StartError(backend, 'broken', loadProblem(name, error), { cause: error })
  }
}

/**
 * Imports the package whose loading registers the backend and its kernels.
 *
 * @throws StartError as {@link importPackage}, and where no kernel was registered: `tf.removeBackend` leaves them.
 */
export async function importBackend(backend: string, name: PackageName): Promise<Record<string, unknown>> {
  const loaded = await importPackage(backend, name)
  if (getKernelsForBackend(backend).length === 0) {
    throw new StartError(
      backend,
      'broken',
      `${name} has loaded, but its backend is unknown to the tfjs engine that runs here: it belongs to another copy of ` +
        'tfjs-core; run: npm dedupe',
    )
  }
  return loaded
}
