import { WeightsError } from '../errors.js'
import type { NamedTensor, NamedTensors } from '../training/index.js'
import { readSafetensors, toFloat32, writeSafetensors } from '../weights/index.js'

/** Groups of named tensors (weights, optimizer slots) and plain values: what a stopped stage goes on from. */
export interface Checkpoint {
  /** Tensors by group and name. */
  readonly groups: Readonly<Record<string, NamedTensors>>
  /** Anything that JSON can hold. */
  readonly values: unknown
}

/** Both stages save their state at least so often, in seconds: what a lost device or a full memory can cost. */
export const saveSeconds = 300

const format = 'esrgan-scnn/checkpoint/1'

/** The checkpoint as one safetensors file; tensor names read `group|name`. */
export function packCheckpoint({ groups, values }: Checkpoint): Uint8Array {
  const tensors = new Map<string, NamedTensor>()
  for (const [group, named] of Object.entries(groups)) {
    for (const [name, value] of named) tensors.set(`${group}|${name}`, value)
  }
  return writeSafetensors(tensors, {
    format,
    groups: JSON.stringify(Object.keys(groups)),
    values: JSON.stringify(values),
  })
}

/**
 * Reads what {@link packCheckpoint} wrote.
 * @throws WeightsError where the bytes are something else.
 */
export function unpackCheckpoint(bytes: Uint8Array, source: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, source)
  if (metadata['format'] !== format) throw new WeightsError(source, 'is not a checkpoint of this package')
  const groups: Record<string, Map<string, NamedTensor>> = {}
  for (const group of JSON.parse(metadata['groups']!) as string[]) groups[group] = new Map()
  for (const [name, stored] of tensors) {
    const bar = name.indexOf('|')
    groups[name.slice(0, bar)]?.set(name.slice(bar + 1), { shape: stored.shape, data: toFloat32(stored) })
  }
  return { groups, values: JSON.parse(metadata['values']!) as unknown }
}
