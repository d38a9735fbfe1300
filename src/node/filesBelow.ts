import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { DataError } from '../errors.js'
import { fileProblem } from './files.js'

/** What {@link filesBelow} takes. */
export interface FilesBelowOptions {
  /** Whether a name is that of a file that is looked for; only these are listed. */
  readonly wanted: (name: string) => boolean
  /** More files and folders than these are refused: somebody linked a whole disk. Default 1,000,000. */
  readonly maxEntries?: number
  /** Stops the listing. */
  readonly signal?: AbortSignal
}

/** What is at the end of a link: undefined where it leads nowhere or to itself. */
async function targetOf(path: string): Promise<'folder' | 'other' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other'
  } catch {
    return undefined
  }
}

/** What is the same for one folder under all its names. */
async function identityOf(folder: string): Promise<string> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    throw unlisted(folder, error)
  }
}

const unlisted = (folder: string, error: unknown): DataError =>
  new DataError(folder, `the folder cannot be listed: ${fileProblem(error)}`, { cause: error })

/** The entries of a folder in the order of their names. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw unlisted(folder, error)
  }
}

/**
 * The paths of all wanted names below a folder, whatever is behind them: also folders, pipes and links that lead nowhere,
 * so that these are told of when they are read and none is passed over in silence. Linked folders are followed, each real folder
 * once, so that loops end. Names that begin with a dot are left out.
 *
 * @throws DataError naming what cannot be listed: a folder without permission, a link without an extension (so it was a folder's)
 *   that leads nowhere, more than `maxEntries` names.
 */
export async function filesBelow(
  root: string,
  { wanted, maxEntries = 1_000_000, signal }: FilesBelowOptions,
): Promise<string[]> {
  const paths: string[] = []
  const seen = new Set<string>()
  const waiting = [root]
  let count = 0
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const identity = await identityOf(folder)
    if (seen.has(identity)) continue
    seen.add(identity)
    const inner: string[] = []
    for (const entry of await entriesOf(folder)) {
      signal?.throwIfAborted()
      if (++count > maxEntries) throw new DataError(root, `more than ${maxEntries} files and folders below it`)
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (wanted(entry.name)) paths.push(path)
      else if (entry.isDirectory()) inner.push(path)
      else if (entry.isSymbolicLink()) {
        const target = await targetOf(path)
        if (target === 'folder') inner.push(path)
        else if (target === undefined && extname(entry.name) === '') {
          throw new DataError(path, 'is a link that leads nowhere')
        }
      }
    }
    waiting.push(...inner.reverse())
  }
  return paths
}
