import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { drawHouse, findCircle, floorOf, picture, readImports, roomEdges } from '../scripts/architecture.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const imports = readImports(`${root}src`)
const show = ({ file, from }: { file: string; from: string }): string => `${file} imports ${from}`

/** Packages that only one kind of room may name. */
const nodeOnly = ['sharp', '@resvg/resvg-js', 'commander', 'cli-progress', 'csv-parse', 'dejavu-fonts-ttf', 'webgpu']
const isNodeModule = (from: string): boolean =>
  from.startsWith('node:') ||
  builtinModules.includes(from) ||
  nodeOnly.some((name) => from === name || from.startsWith(`${name}/`))

describe('the rooms of src', () => {
  it('are all on a floor', () => {
    const unknown = imports.filter(({ room }) => room !== 'index' && floorOf(room) === -1)
    expect(unknown.map(show)).toEqual([])
  })

  it('import downwards only', () => {
    const upwards = imports.filter(
      ({ room, target }) => room !== 'index' && target !== undefined && floorOf(target) > floorOf(room),
    )
    expect(upwards.map(show)).toEqual([])
  })

  it('do not use one another in a circle', () => {
    expect(findCircle(roomEdges(imports))).toBeUndefined()
  })

  it('leave Node modules to node/ and cli/, and the public surface reaches neither them nor browser/', () => {
    const inner = imports.filter(({ room }) => room !== 'node' && room !== 'cli')
    expect(inner.filter(({ from }) => isNodeModule(from)).map(show)).toEqual([])
    const surface = imports.filter(
      ({ room, target }) => room === 'index' && ['node', 'browser', 'cli'].includes(target!),
    )
    expect(surface.map(show)).toEqual([])
  })

  it('import only the package roots of tfjs, but for the threaded wasm start', () => {
    const deep = imports.filter(({ from }) => /^@tensorflow\/[^/]+\/./.test(from) && !from.includes('/wasm-out/'))
    expect(deep.map(show)).toEqual([])
  })

  it('import no backend of tfjs outside node/', () => {
    const backends = imports.filter(
      ({ room, from }) => room !== 'node' && /^@tensorflow\/tfjs-(backend-|node)/.test(from),
    )
    expect(backends.map(show)).toEqual([])
  })

  it('list their public names one by one', () => {
    const starred = [...new Set(imports.map(({ file }) => file))].filter((file) =>
      /^export \* from/m.test(readFileSync(`${root}src/${file}`, 'utf8')),
    )
    expect(starred).toEqual([])
  })

  it('are drawn in docs/figures/architecture.svg as they are (node scripts/run.mjs scripts/architecture.ts draws them)', () => {
    expect(readFileSync(`${root}${picture}`, 'utf8')).toBe(drawHouse(roomEdges(imports)))
  })
})
