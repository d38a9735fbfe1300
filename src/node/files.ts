import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DataError } from '../errors.js'

/** Writes beside the target, then renames: readers see the old bytes or the new, never half. Makes missing folders. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  await writeAllWhole([{ path, bytes }])
}

/** A file to be written. */
export interface FileToWrite {
  readonly path: string
  readonly bytes: Uint8Array | string
}

/**
 * {@link writeWhole} for files that belong together: none takes its name before every byte of all is on the disk, and
 * they take their names in the given order.
 */
export async function writeAllWhole(files: readonly FileToWrite[]): Promise<void> {
  const temporary = files.map(({ path }) => `${path}.${randomUUID()}.tmp`)
  let at = files[0]?.path ?? ''
  try {
    for (const [i, { path, bytes }] of files.entries()) {
      at = path
      await mkdir(dirname(path), { recursive: true })
      await writeFile(temporary[i]!, bytes)
    }
    for (const [i, { path }] of files.entries()) {
      at = path
      await rename(temporary[i]!, path)
    }
  } catch (error) {
    for (const path of temporary) await rm(path, { force: true }).catch(() => undefined)
    throw new DataError(at, `cannot be written: ${messageOf(error)}`, { cause: error })
  }
}

/** Whether an error of `node:fs` has the code, for example `ENOENT`. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

/** An error's message, on one line. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim()

/** What an error of `node:fs` means for the file of that name, in words where they are known. */
export function fileProblem(error: unknown): string {
  if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return 'no such file'
  if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) return 'may not be read (permission denied)'
  if (hasCode(error, 'ELOOP')) return 'is a link that leads to itself'
  return messageOf(error)
}

/** The most that is read at once: Node ends the process when asked for 2^31 bytes. */
const partBytes = 2 ** 30

/** Bytes by which {@link readBounded} has a file judged. */
const headBytes = 16

/** What is wrong with a file that begins so; undefined where nothing is. */
type JudgeHead = (head: Uint8Array) => string | undefined

/** The bytes of an open file of at most `maxBytes`. */
async function readOpen(file: FileHandle, path: string, maxBytes: number, judge: JudgeHead): Promise<Uint8Array> {
  const status = await file.stat()
  if (status.isDirectory()) throw new DataError(path, 'is a folder, not a file')
  if (!status.isFile()) throw new DataError(path, 'is no plain file')
  if (status.size > maxBytes) {
    throw new DataError(path, `has ${status.size} bytes, more than the ${maxBytes} allowed`)
  }
  // A file may be large without anything in it: no room is made for one that is refused.
  const head = new Uint8Array(headBytes)
  const { bytesRead: begun } = await file.read(head, 0, headBytes, 0)
  const problem = judge(head.subarray(0, begun))
  if (problem !== undefined) throw new DataError(path, `cannot be decoded: ${problem}`)
  // One byte more than there should be, so that a file that grows meanwhile is noticed and cannot fill the memory.
  const bytes = new Uint8Array(status.size + 1)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, Math.min(partBytes, bytes.length - length), length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  if (length !== status.size) throw new DataError(path, 'changed its size while it was read')
  return bytes.subarray(0, length)
}

/**
 * The bytes of a plain file of at most `maxBytes`, which is checked before any is read. Folders, pipes, sockets and devices
 * are refused without waiting for what they might give, and so is what `judge` finds wrong with the first 16 bytes.
 *
 * @throws DataError naming the path.
 */
export async function readBounded(
  path: string,
  maxBytes: number,
  judge: JudgeHead = () => undefined,
): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    // Without O_NONBLOCK (Windows has none) the mere opening of a pipe waits for a writer.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    return await readOpen(file, path, maxBytes, judge)
  } catch (error) {
    if (error instanceof DataError) throw error
    // A socket cannot even be opened.
    const problem = hasCode(error, 'ENXIO') ? 'is no plain file' : fileProblem(error)
    throw new DataError(path, problem, { cause: error })
  } finally {
    await file?.close()
  }
}
