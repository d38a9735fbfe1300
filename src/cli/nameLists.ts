import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { recordsFromNames, type ImageRecord } from '../data/index.js'
import { DataError } from '../errors.js'
import { messageOf, readBounded } from '../node/files.js'
import { kindOf } from './options.js'

/** BreaKHis' longest list has half a megabyte. */
const maxBytes = 64 * 2 ** 20

const isText = (name: string): boolean => name.toLowerCase().endsWith('.txt') && !name.startsWith('.')

/**
 * The lists of names at a path: a text file itself, or the text files of a folder that holds neither images nor folders
 * (where there are official lists, `dsfold1.txt` and so on, only these). Undefined where the path is something else.
 */
export async function nameListsAt(path: string): Promise<string[] | undefined> {
  if ((await kindOf(path)) !== 'folder') return isText(basename(path)) ? [path] : undefined
  const entries = await readdir(path, { withFileTypes: true })
  if (entries.some((entry) => entry.isDirectory() || /\.(png|jpe?g|tiff?|webp)$/i.test(entry.name))) return undefined
  const texts = entries.map(({ name }) => name).filter(isText)
  const official = texts.filter((name) => /^dsfold\d+\.txt$/i.test(name))
  const lists = official.length > 0 ? official : texts
  return lists.length === 0 ? undefined : lists.sort().map((name) => join(path, name))
}

async function readNames(path: string): Promise<ImageRecord[]> {
  const text = new TextDecoder().decode(await readBounded(path, maxBytes))
  try {
    return recordsFromNames(text)
  } catch (error) {
    throw new DataError(path, messageOf(error), { cause: error })
  }
}

/** The images that the lists name, each once, in the order of their ids. */
export async function readNameLists(paths: readonly string[]): Promise<ImageRecord[]> {
  const records = new Map<string, ImageRecord>()
  for (const path of paths) for (const record of await readNames(path)) records.set(record.id, record)
  return [...records.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}
