import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { DataError } from '../errors.js'
import { messageOf, readBounded } from '../node/files.js'
import { kindOf } from './options.js'

/** The record's name in the output folder; names with a dot are no inputs. */
export const recordName = '.upscaled.jsonl'

/** A record of a million files takes a quarter of this. */
const maxRecordBytes = 2 ** 30

const entry = z.object({ output: z.string(), madeFrom: z.string(), sha256: z.string() })

/** The SHA-256 of bytes or text, hexadecimal. */
export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array)
  return hash.digest('hex')
}

/** Which outputs of a folder are finished, and what they were made from. */
export interface FinishedOutputs {
  /** Whether the output is there as it was written, and was made from the same. */
  has(target: string, madeFrom: string): Promise<boolean>
  /** Notes that the output is written; `madeFrom` says from which input, weights and settings. */
  add(target: string, madeFrom: string): Promise<void>
}

/**
 * The record of an output folder, one JSON object a line. Lines are only appended, the last of an output counts, and what is no
 * such line (the end of one that was cut off) is passed over: that output is made again.
 */
export async function finishedOutputs(folder: string): Promise<FinishedOutputs> {
  const file = join(folder, recordName)
  const entries = new Map<string, z.infer<typeof entry>>()
  const text =
    (await kindOf(file)) === 'nothing' ? '' : new TextDecoder().decode(await readBounded(file, maxRecordBytes))
  for (const line of text.split('\n')) {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      continue
    }
    const { success, data } = entry.safeParse(value)
    if (success) entries.set(data.output, data)
  }
  // A line that was cut off must not swallow the next one.
  let begin = text === '' || text.endsWith('\n') ? '' : '\n'
  const keyOf = (target: string): string => relative(folder, target).replaceAll('\\', '/')
  return {
    async has(target, madeFrom) {
      const known = entries.get(keyOf(target))
      if (known?.madeFrom !== madeFrom || (await kindOf(target)) !== 'file') return false
      return (await fileHash(target)) === known.sha256
    },
    async add(target, madeFrom) {
      const line = { output: keyOf(target), madeFrom, sha256: await fileHash(target) }
      try {
        await mkdir(folder, { recursive: true })
        await appendFile(file, `${begin}${JSON.stringify(line)}\n`)
        begin = ''
      } catch (error) {
        throw new DataError(file, `cannot be written: ${messageOf(error)}`, { cause: error })
      }
      entries.set(line.output, line)
    },
  }
}
