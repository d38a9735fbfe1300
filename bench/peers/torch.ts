import { askPython } from './python.js'

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

/** The first Python that has PyTorch; undefined where none has. */
export async function findTorch(): Promise<Torch | undefined> {
  const found = await askPython<[version: string, hasCUDA: boolean]>(question)
  if (found === undefined) return undefined
  const [version, hasCUDA] = found.answer
  return { python: found.python, version, hasCUDA }
}
