import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { peerDependencies } from '../../../package.json'

/** The packages that may have a part in a backend. */
export type PackageName = keyof typeof peerDependencies

/** Every {@link PackageName}, as this package's `peerDependencies` have them. */
export const packageNames = Object.keys(peerDependencies) as readonly PackageName[]

/** A package as it lies on the disk. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** Its folder, links resolved. */
  readonly folder: string
}

/** The package's own manifest, where `require` would look for the package. */
function manifestOf(name: string, from: string): string | undefined {
  const require = createRequire(from)
  try {
    return require.resolve(`${name}/package.json`)
  } catch {
    // Absent, or its `exports` hide the manifest.
    const folders = require.resolve.paths(name) ?? []
    return folders
      .map((folder) => join(folder, name, 'package.json'))
      .find((file) => {
        try {
          return readFileSync(file).length > 0
        } catch {
          return false
        }
      })
  }
}

/** Finds a package as a file would that imports it (default: this one); undefined where it is absent. */
export function findPackage(name: string, from: string = import.meta.url): InstalledPackage | undefined {
  const manifest = manifestOf(name, from)
  if (manifest === undefined) return undefined
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }
  return { name, version: version ?? 'without a version', folder: realpathSync(dirname(manifest)) }
}

/** Finds a package as another package would that imports it. */
export function findPackageFrom({ folder }: InstalledPackage, name: string): InstalledPackage | undefined {
  return findPackage(name, pathToFileURL(join(folder, 'package.json')).href)
}
