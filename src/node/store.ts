import { readFile, rm } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import type { Store } from '../data/store.js'
import { ArgumentError } from '../errors.js'
import { hasCode, writeWhole } from './files.js'

function requireKey(key: string): void {
  const parts = key.split('/')
  const bad =
    isAbsolute(key) ||
    // A NUL ends a path for the system, a backslash separates on Windows, a colon names a drive or a stream there.
    /[\\:\0]/.test(key) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  if (bad) throw new ArgumentError('key', 'be a relative path of plain names', key)
}

/**
 * A `Store` in a folder, one file a key; keys may contain `/`. The folder is made on the first write. Files are
 * written beside their place, then renamed, so that an interrupted run leaves old bytes or new.
 *
 * @throws ArgumentError (from the methods) for a key that would leave the folder.
 */
export function folderStore(folder: string): Store {
  const root = resolve(folder)
  const pathOf = (key: string): string => {
    requireKey(key)
    return join(root, ...key.split('/'))
  }
  return {
    get: async (key) => {
      try {
        return Uint8Array.from(await readFile(pathOf(key)))
      } catch (error) {
        if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
        throw error
      }
    },
    set: async (key, bytes) => writeWhole(pathOf(key), bytes),
    delete: async (key) => rm(pathOf(key), { force: true }),
  }
}
