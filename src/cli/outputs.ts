import { realpath } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { kindOf, UsageError } from './options.js'

/** File formats that can be written. */
const extensions = ['.png', '.jpg', '.jpeg', '.tif', '.tiff', '.webp']

/** The real place of a path that need not exist. */
async function placeOf(path: string): Promise<string> {
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
  if (!extensions.includes(extname(target).toLowerCase())) {
    throw new UsageError(`--out: must end in one of ${extensions.join(', ')}: ${out}`)
  }
  await refuseInputs([target], [input])
  return target
}

/** The name itself where its format can be written, else with `.png`. */
const withKnownFormat = (name: string): string =>
  extensions.includes(extname(name).toLowerCase()) ? name : `${name}.png`

/** Where several images go: files of their names in a folder. Refuses inputs and equal names. */
export async function outputFiles(out: string, inputs: readonly string[]): Promise<string[]> {
  if ((await kindOf(out)) === 'file')
    throw new UsageError(`--out: several images go into a folder, and this is a file: ${out}`)
  const targets = inputs.map((input) => join(out, withKnownFormat(basename(input))))
  for (const [i, target] of targets.entries()) {
    const first = targets.indexOf(target)
    if (first !== i) throw new UsageError(`--out: ${inputs[first]} and ${inputs[i]} would both become ${target}`)
  }
  await refuseInputs(targets, inputs)
  return targets
}
