import { basename, relative, sep } from 'node:path'
import { filesBelow } from '../node/filesBelow.js'
import { kindOf, UsageError } from './options.js'
import { hasImageName, placeOf, type NamedInput } from './outputs.js'

/** Whether a place is the folder or below it. */
const isWithin = (folder: string, place: string): boolean => `${place}${sep}`.startsWith(`${folder}${sep}`)

/**
 * The images that paths stand for: files themselves, under their own names, and all images below folders, with their sub-folders. What
 * lies in the output folder is no input. Throws a {@link UsageError} for a path where nothing is, a folder without images, and
 * one that is the output folder or below it: there, inputs could not be told from outputs.
 */
export async function namedInputs(paths: readonly string[], out: string): Promise<NamedInput[]> {
  const target = await placeOf(out)
  const inputs: NamedInput[] = []
  for (const path of paths) {
    const kind = await kindOf(path)
    if (kind === 'nothing') throw new UsageError(`IMAGE: no such file or folder: ${path}`)
    if (kind === 'file') {
      inputs.push({ path, name: basename(path) })
      continue
    }
    if (isWithin(target, await placeOf(path))) {
      throw new UsageError(`--out: is the folder of the inputs, or above it: ${out}`)
    }
    const images = await filesBelow(path, { wanted: hasImageName })
    let found = 0
    for (const image of images) {
      if (isWithin(target, await placeOf(image))) continue
      found++
      inputs.push({ path: image, name: relative(path, image) })
    }
    if (found === 0) throw new UsageError(`IMAGE: no PNG, JPEG, TIFF or WebP below the folder ${path}`)
  }
  return inputs
}
