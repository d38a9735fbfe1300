import { extname } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import type { ImageSource, Label, LabelSpellings, Magnification } from '../data/index.js'
import { loadBreaKHis, loadImageList } from '../node/index.js'
import { kindOf, requireFolder, UsageError } from './options.js'

/** What says which images are meant. */
export interface ImagesOptions {
  /** Only these, of a folder; of a list whoever uses the source chooses. */
  readonly magnifications?: readonly Magnification[] | undefined
  /** `--labels`: a list's own spellings. */
  readonly labels?: LabelSpellings | undefined
  /** `--root`: where a list's paths start. */
  readonly root?: string | undefined
}

/** Parses `0=benign,1=malignant`. */
export function labelSpellings(text: string): LabelSpellings {
  const spellings: Record<Label, string[]> = { benign: [], malignant: [] }
  for (const part of text.split(',')) {
    const [, spelling, label] = /^\s*(.*\S)\s*=\s*(benign|malignant)\s*$/.exec(part) ?? []
    if (spelling === undefined) throw new InvalidArgumentError('It must be like 0=benign,1=malignant.')
    spellings[label as Label].push(spelling)
  }
  return spellings
}

/** `--labels`, the same everywhere. */
export const labelsOption = (): Option =>
  new Option('--labels <list>', "a list's own spellings of the classes, for example 0=benign,1=malignant").argParser(
    labelSpellings,
  )

/** `--root`, the same everywhere. */
export const rootOption = (): Option =>
  new Option('--root <dir>', "the folder that a list's paths start from and may not leave (default: the list's own)")

const isList = (path: string): boolean => ['.csv', '.tsv'].includes(extname(path).toLowerCase())

/** Throws a {@link UsageError} unless a folder, or a list by its name, is there, and the options fit to it. */
export async function requireImages(what: string, path: string, { labels, root }: ImagesOptions): Promise<void> {
  const isFile = (await kindOf(path)) === 'file'
  if (isFile && !isList(path)) throw new UsageError(`${what}: is neither a folder nor a list (.csv, .tsv): ${path}`)
  if (!isFile) {
    if (isList(path) && (await kindOf(path)) === 'nothing') throw new UsageError(`${what}: no such file: ${path}`)
    await requireFolder(what, path)
    if (labels !== undefined) throw new UsageError('--labels: is for a list of images, not for a folder')
    if (root !== undefined) throw new UsageError('--root: is for a list of images, not for a folder')
  }
  if (root !== undefined) await requireFolder('--root', root)
}

/** The images of a BreaKHis folder, or of a CSV list. */
export async function openImages(
  path: string,
  { magnifications, labels, root }: ImagesOptions = {},
): Promise<ImageSource> {
  if ((await kindOf(path)) === 'folder') {
    return loadBreaKHis(path, magnifications === undefined ? {} : { magnifications })
  }
  return loadImageList(path, { ...(labels === undefined ? {} : { labels }), ...(root === undefined ? {} : { root }) })
}
