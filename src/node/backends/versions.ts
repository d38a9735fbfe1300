import { version_core } from '@tensorflow/tfjs-core'
import { peerDependencies } from '../../../package.json'
import { findPackage, findPackageFrom, type InstalledPackage, type PackageName } from './packages.js'

const core = '@tensorflow/tfjs-core'

/** `4.22.0` as numbers; a pre-release counts as its release. */
const numbers = (version: string): number[] => version.split(/[.+-]/, 3).map(Number)

/** Whether the version fulfils a range of the forms `^4.22.0` and `>=0.3.0`. */
function fulfils(version: string, range: string): boolean {
  const [found, wanted] = [numbers(version), numbers(range.replace(/^\D+/, ''))]
  if (found.length < 3 || found.some(Number.isNaN)) return false
  if (range.startsWith('^') && found[0] !== wanted[0]) return false
  const difference = found.map((part, i) => part - wanted[i]!).find((part) => part !== 0) ?? 0
  return difference >= 0
}

/** The version that is wanted of a package: all parts of tfjs must have the one version of the tfjs-core that runs. */
export function wantedVersion(name: PackageName): string {
  if (name === core || !name.startsWith('@tensorflow/')) return peerDependencies[name]
  return version_core
}

/** The command that installs it; an open range needs no version. */
export function installCommand(...names: PackageName[]): string {
  const wanted = (name: PackageName): string => {
    const version = wantedVersion(name)
    return version.startsWith('>=') ? name : `${name}@${version}`
  }
  return `npm install ${names.map(wanted).join(' ')}`
}

/** The tfjs-core that the package gets when it imports it, itself or through `@tensorflow/tfjs`. */
function coreOf(found: InstalledPackage): InstalledPackage | undefined {
  const whole = findPackageFrom(found, '@tensorflow/tfjs')
  const isWhole = found.name.startsWith('@tensorflow/tfjs-node') && whole !== undefined
  return findPackageFrom(isWhole ? whole : found, core)
}

/**
 * Why the installed package cannot be used beside the tfjs-core that runs, and what to do; undefined where it can. Two
 * copies of tfjs-core of one version share their engine and are fine; of two versions they are not.
 */
export function versionProblem(found: InstalledPackage): string | undefined {
  const name = found.name as PackageName
  if (!fulfils(version_core, peerDependencies[core])) {
    return `${core} ${version_core} is installed, wanted is ${peerDependencies[core]}; run: ${installCommand(core)}`
  }
  if (!name.startsWith('@tensorflow/')) {
    if (fulfils(found.version, peerDependencies[name])) return undefined
    return `${name} ${found.version} is installed, wanted is ${peerDependencies[name]}; run: npm install ${name}@latest`
  }
  if (found.version !== version_core) {
    return (
      `${name} ${found.version} is installed, wanted is ${version_core}, the version of ${core}: ` +
      `all parts of tfjs must have one version; run: ${installCommand(name)}`
    )
  }
  const own = coreOf(found)
  if (own !== undefined && own.version !== version_core) {
    return (
      `${name} would use ${core} ${own.version} of ${own.folder}, wanted is ${version_core}, which runs already; ` +
      `run: npm install ${core}@${version_core} ${name}@${version_core} && npm dedupe`
    )
  }
  return undefined
}

/** A package for the doctor: what is installed, what is wanted, and what is wrong with it. */
export interface PackageState {
  /** The package's name. */
  readonly name: string
  /** The installed version; undefined where it is absent. */
  readonly version?: string
  /** The version, or range of versions, that is wanted. */
  readonly wanted: string
  /** Why it cannot be used as it is. */
  readonly problem?: string
}

/** The state of one package. */
export function packageState(name: PackageName): PackageState {
  const found = findPackage(name)
  const wanted = wantedVersion(name)
  if (!found) return { name, wanted }
  const problem = name === core ? undefined : versionProblem(found)
  return { name, version: found.version, wanted, ...(problem === undefined ? {} : { problem }) }
}
