import { imageLimits, type ReadImageOptions } from '../data/imageLimits.js'
import { ArgumentError, DataError } from '../errors.js'
import { fetchBytes } from './fetchBytes.js'

/** A browser's `Blob` or `File`, by its shape. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number
  /** Reads them all. */
  arrayBuffer(): Promise<ArrayBuffer>
}

/** A browser's `File`, by its shape: of `<input type="file">`, a drop, or the file system API. */
export interface FileLike extends BlobLike {
  /** The file's name. */
  readonly name: string
  /** Its path in the chosen folder, for `<input webkitdirectory>`. */
  readonly webkitRelativePath?: string
}

/** What is read where an image is wanted: a file that the user chose, a `Blob`, or an address (http, https, blob, data). */
export type BrowserFile = FileLike | BlobLike | string | URL

/** What reading files and addresses takes. */
export interface BrowserFileOptions extends ReadImageOptions {
  /** Stops downloads; its reason is thrown. */
  readonly signal?: AbortSignal
}

/**
 * The path that a file is known by: in its folder, its name, or the path of its address; undefined for what has none (a `Blob`,
 * an address of kind blob or data).
 */
export function pathOf(file: BrowserFile): string | undefined {
  if (typeof file === 'string' || file instanceof URL) {
    const text = String(file)
    if (/^\s*(blob|data):/i.test(text)) return undefined
    const path = text.replace(/[?#].*$/s, '')
    try {
      return decodeURIComponent(path)
    } catch {
      // A per cent sign that begins no code stands for itself.
      return path
    }
  }
  if (typeof file?.arrayBuffer !== 'function') throw new ArgumentError('file', 'be a File, a Blob or an address', file)
  const { webkitRelativePath, name } = file as Partial<FileLike>
  return webkitRelativePath || name
}

/**
 * The bytes of a file or an address; `name` stands in the errors. Nothing is fetched before, and nothing kept after.
 *
 * @throws DataError naming the file when it cannot be read or fetched, is larger than `maxBytes`, or its address is of
 *   another kind; the signal's reason.
 */
export async function readBrowserFile(
  file: BrowserFile,
  name: string,
  { signal, ...limits }: BrowserFileOptions = {},
): Promise<Uint8Array> {
  const { maxBytes } = imageLimits(limits)
  signal?.throwIfAborted()
  if (typeof file === 'string' || file instanceof URL) {
    return fetchBytes(String(file), name, { maxBytes, ...(signal === undefined ? {} : { signal }) })
  }
  if (file.size > maxBytes) {
    throw new DataError(name, `${file.size} bytes, more than the ${maxBytes} allowed`)
  }
  try {
    return new Uint8Array(await file.arrayBuffer())
  } catch (error) {
    throw new DataError(name, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}
