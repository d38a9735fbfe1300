import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A Python that has PyTorch. */
export interface Torch {
  /** The command, for example `/usr/bin/python3`. */
  readonly python: string
  /** PyTorch's version. */
  readonly version: string
  /** Whether it can use a CUDA device. */
  readonly hasCUDA: boolean
}

const question = 'import json, torch; print(json.dumps([torch.__version__, torch.cuda.is_available()]))'

/** Debian's own Python first: another one may stand first in PATH. Undefined where none has PyTorch. */
export async function findTorch(): Promise<Torch | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      const { stdout } = await promisify(execFile)(python, ['-c', question])
      const [version, hasCUDA] = JSON.parse(stdout) as [string, boolean]
      return { python, version, hasCUDA }
    } catch {
      // No such command, or no torch there: the next one may have it; the caller says so where none has.
    }
  }
  return undefined
}
