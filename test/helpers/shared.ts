import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'

const root = fileURLToPath(new URL('../../../shared/data', import.meta.url))

/** The path of a real file (BreaKHis images, VGG19 and RRDB weights) beside the project. */
export const sharedData = (path: string): string => `${root}/${path}`

/** Whether the real data stand beside the project. */
export const hasSharedData: boolean = existsSync(root)

/** `describe` for tests on real data; where they are absent it is reported as skipped, with the reason in its name. */
export const describeShared = (name: string, body: () => void): void => {
  if (hasSharedData) describe(name, body)
  else describe.skip(`${name} [skipped: no real data beside the project]`, body)
}
