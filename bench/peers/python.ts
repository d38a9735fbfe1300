import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * The first Python that answers the program with JSON, Debian's own before the one of the PATH: another one may stand first
 * there. Undefined where none does.
 */
export async function askPython<T>(
  program: string,
): Promise<{ readonly python: string; readonly answer: T } | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      const { stdout } = await promisify(execFile)(python, ['-c', program])
      return { python, answer: JSON.parse(stdout) as T }
    } catch {
      // No such command, or no such packages there: the next one may have them; the caller says so where none has.
    }
  }
  return undefined
}
