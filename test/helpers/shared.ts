import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

const root = fileURLToPath(new URL('../../../shared/data', import.meta.url))

/** The path of a real file (BreaKHis images, VGG19 and RRDB weights) beside the project. */
export const sharedData = (path: string): string => `${root}/${path}`

/** Whether the real data stand beside the project. */
export const hasSharedData: boolean = existsSync(root)

/**
 * `describe` for tests on real data. Where they are absent the body is not run, for it may read them to list its tests;
 * one skipped test stands in its place and says why.
 */
export const describeShared = (name: string, body: () => void): void => {
  if (hasSharedData) describe(name, body)
  else describe(name, () => it.skip('skipped: no real data beside the project', () => {}))
}
