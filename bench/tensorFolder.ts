import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Name, shape and offset (in floats) of a tensor in a `.bin` file. */
interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
}

/** Numbers with a shape: a tensor, or an array that says its shape. */
export interface Numbers {
  readonly shape: readonly number[]
  data(): Promise<ArrayLike<number>>
}

/** An array as {@link Numbers}. */
export const numbers = (shape: readonly number[], values: ArrayLike<number>): Numbers => ({
  shape,
  data: async () => values,
})

/**
 * Writes tensors to `<name>.json` (shapes and offsets) and `<name>.bin` (float32, little endian), one at a time: the
 * whole must not be in memory twice, as peak memory is measured.
 */
export async function writeTensors(
  folder: string,
  name: string,
  tensors: Iterable<readonly [string, Numbers]>,
): Promise<void> {
  const entries: Entry[] = []
  let offset = 0
  const file = openSync(join(folder, `${name}.bin`), 'w')
  try {
    for (const [key, tensor] of tensors) {
      const values = Float32Array.from(await tensor.data())
      for (let at = 0, bytes = new Uint8Array(values.buffer); at < bytes.length;) at += writeSync(file, bytes, at)
      entries.push({ name: key, shape: tensor.shape, offset })
      offset += values.length
    }
  } finally {
    closeSync(file)
  }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(entries))
}

/** Reads what {@link writeTensors} wrote. */
export function readTensors(
  folder: string,
  name: string,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const entries = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Entry[]
  const bytes = readFileSync(join(folder, `${name}.bin`))
  return new Map(
    entries.map(({ name: key, shape, offset }) => {
      const length = shape.reduce((product, n) => product * n, 1)
      return [key, { shape, data: new Float32Array(bytes.buffer, bytes.byteOffset + 4 * offset, length) }]
    }),
  )
}
