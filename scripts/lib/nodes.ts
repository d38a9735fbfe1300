import { existsSync } from 'node:fs'

/** The program of another version of Node, as test/nodes/package.json pins it; undefined where it is not installed. */
export function findNode(version: number): string | undefined {
  const path = `test/nodes/node_modules/node-${version}-${process.platform}-${process.arch}/bin/node`
  return existsSync(path) ? path : undefined
}
