import { realpath } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { kindOf, UsageError } from './options.js'

/** Extensions of the file formats that can be written, which are those that can be read. */
export const imageExtensions: readonly string[] = ['.png', '.jpg', '.jpeg', '.tif', '.tiff', '.webp']

/** Whether a name is that of an image by its extension. */
export const hasImageName = (name: string): boolean => imageExtensions.includes(extname(name).toLowerCase())

/** The real place of a path that need not exist. */
export async function placeOf(path: string): Promise<string> {
  const whole = resolve(path)
  try {
    return await realpath(whole)
  } catch {
    const parent = dirname(whole)
    return parent === whole ? whole : join(await placeOf(parent), basename(whole))
  }
}

async function refuseInputs(targets: readonly string[], inputs: readonly string[]): Promise<void> {
  const places = new Map<string, string>()
  for (const input of inputs) places.set(await placeOf(input), input)
  for (const target of targets) {
    const input = places.get(await placeOf(target))
    if (input !== undefined) throw new UsageError(`--out: would overwrite the input ${input}`)
  }
}

/** Where one image goes: the file itself, or a file of the input's name in an existing folder. Refuses the input and unknown formats. */
export async function outputFile(out: string, input: string): Promise<string> {
  const isFolder = /[/\\]$/.test(out) || (await kindOf(out)) === 'folder'
  const target = isFolder ? join(out, withKnownFormat(basename(input))) : out
  if (!hasImageName(target)) {
    throw new UsageError(`--out: must end in one of ${imageExtensions.join(', ')}: ${out}`)
  }
  await refuseInputs([target], [input])
  return target
}

/** The name itself where its format can be written, else with `.png`; with a format, the name with that extension instead of its own. */
function withKnownFormat(name: string, format?: string): string {
  if (format === undefined) return hasImageName(name) ? name : `${name}.png`
  return `${hasImageName(name) ? name.slice(0, -extname(name).length) : name}.${format}`
}

/** An image and the name, with sub-folders, that its result is to have in the output folder. */
export interface NamedInput {
  readonly path: string
  readonly name: string
}

/** Where several images go: files of their names in a folder, in the format if one is given. Refuses inputs and equal names. */
export async function outputFiles(out: string, inputs: readonly NamedInput[], format?: string): Promise<string[]> {
  if ((await kindOf(out)) === 'file')
    throw new UsageError(`--out: several images go into a folder, and this is a file: ${out}`)
  const sources = new Map<string, string>()
  for (const { path, name } of inputs) {
    const target = join(out, withKnownFormat(name, format))
    const first = sources.get(target)
    if (first !== undefined) throw new UsageError(`--out: ${first} and ${path} would both become ${target}`)
    sources.set(target, path)
  }
  const targets = [...sources.keys()]
  await refuseInputs(
    targets,
    inputs.map(({ path }) => path),
  )
  return targets
}
