// Draws docs/figures/architecture.svg from the imports that src/ really has: `node scripts/run.mjs scripts/architecture.ts`.
// test/architecture.test.ts fails where an import points upwards or the committed picture is not the one drawn here.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'

/** The floors of the house, from the ground up. A room may import from lower floors, and from its own where no circle arises. */
export const floors: readonly (readonly string[])[] = [
  ['errors', 'random', 'image'],
  ['backend'],
  ['losses', 'data', 'metrics', 'weights'],
  ['training'],
  ['esrgan', 'siamese'],
  ['pipeline', 'figures'],
  ['node', 'browser'],
  ['cli', 'testing'],
]

/** One import statement (or `export from`, or `import()`): the file it stands in, relative to src, and what it names. */
export interface Import {
  readonly file: string
  readonly from: string
  /** The room of the importing file; `index` is the public surface. */
  readonly room: string
  /** The room of the imported file, absent for packages. */
  readonly target?: string
}

/** The room of a file, given its path relative to src: its folder, or its own name where it stands in src itself. */
const roomOf = (file: string): string => file.split('/')[0]!.replace(/\.ts$/, '')

/** Every import of every file under `source`. */
export function readImports(source: string): Import[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'))
    .toSorted()
  return files.flatMap((file) =>
    ts.preProcessFile(readFileSync(join(source, file), 'utf8')).importedFiles.map(({ fileName }) => {
      const imported = { file, from: fileName, room: roomOf(file) }
      return fileName.startsWith('.')
        ? { ...imported, target: roomOf(posix.join(posix.dirname(file), fileName).replace(/\.js$/, '.ts')) }
        : imported
    }),
  )
}

/** The floor of a room, or -1. */
export const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room))

/** Which room uses which, without the ground floor, on which every room stands. */
export function roomEdges(imports: readonly Import[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>()
  for (const room of floors.slice(1).flat()) edges.set(room, new Set())
  for (const { room, target } of imports) {
    if (target !== undefined && target !== room && floorOf(target) > 0) edges.get(room)?.add(target)
  }
  return edges
}

/** A path of rooms that leads back to its start, or undefined. */
export function findCircle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  const visit = (room: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(room)) return [...path.slice(path.indexOf(room)), room]
    if (done.has(room)) return undefined
    for (const next of edges.get(room) ?? []) {
      const circle = visit(next, [...path, room])
      if (circle) return circle
    }
    done.add(room)
    return undefined
  }
  for (const room of edges.keys()) {
    const circle = visit(room, [])
    if (circle) return circle
  }
  return undefined
}

/** The edges that no longer path already says: what the picture shows. */
export function withoutDetours(edges: ReadonlyMap<string, ReadonlySet<string>>): [string, string][] {
  const reaches = (from: string, to: string): boolean =>
    [...(edges.get(from) ?? [])].some((next) => next === to || reaches(next, to))
  return [...edges].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .toSorted()
      .map((to): [string, string] => [from, to]),
  )
}

/** Where each room stands (column of 0..3 and width in columns) and what it is for. */
const layout: Record<string, { column: number; width: number; purpose: string }> = {
  cli: { column: 0.25, width: 2, purpose: 'the esrgan-scnn command' },
  testing: { column: 2.5, width: 1.5, purpose: 'contracts as tests of own parts' },
  node: { column: 0.25, width: 2, purpose: 'files, image codec, starting a backend' },
  browser: { column: 2.5, width: 1.5, purpose: 'chosen files and addresses as images' },
  pipeline: { column: 0, width: 2.5, purpose: 'trainPipeline, presets, store, report' },
  figures: { column: 2.75, width: 1.25, purpose: 'charts and panels as SVG' },
  esrgan: { column: 0, width: 2, purpose: 'generator, discriminator, VGG, trainer, upscale' },
  siamese: { column: 2, width: 2, purpose: 'twin network, sigmoid head, trainer' },
  training: { column: 2.75, width: 1.25, purpose: 'Adam, schedules, progress' },
  losses: { column: 0, width: 1, purpose: 'pure functions' },
  data: { column: 1, width: 1, purpose: 'images, splits, pairs' },
  metrics: { column: 2, width: 1, purpose: 'ROC, PSNR, intervals' },
  weights: { column: 3, width: 1, purpose: 'formats and names' },
  backend: { column: 0, width: 2, purpose: 'what tfjs lacks: operations, wasm kernels' },
}

const width = 980
const rowHeight = 92
const boxHeight = 54
const columnWidth = 236
const margin = 18

/** The house as an SVG: one box a room, one arrow for each direct use that no longer path already shows. */
export function drawHouse(edges: ReadonlyMap<string, ReadonlySet<string>>): string {
  const storeys = floors.length - 1
  const place = (room: string): { x: number; y: number; w: number } => {
    const { column, width: columns } = layout[room]!
    return {
      x: margin + column * columnWidth + 10,
      y: 20 + (storeys - floorOf(room)) * rowHeight,
      w: columns * columnWidth - 20,
    }
  }
  const arrows = withoutDetours(edges).map(([from, to]) => {
    const a = place(from)
    const b = place(to)
    if (a.y === b.y) {
      const right = b.x > a.x
      const y = a.y + boxHeight / 2
      return `<path d="M${right ? a.x + a.w : a.x} ${y} H${right ? b.x - 3 : b.x + b.w + 3}"/>`
    }
    // Leave and arrive near the other box, so that long arrows run beside the boxes between.
    const towards = (box: typeof a, other: typeof a): number =>
      Math.min(box.x + box.w - 24, Math.max(box.x + 24, (other.x * 2 + other.w + box.x * 2 + box.w) / 4))
    const x1 = towards(a, b)
    const x2 = towards(b, a)
    const y1 = a.y + boxHeight
    const y2 = b.y - 3
    const bend = (y2 - y1) / 2
    return `<path d="M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}"/>`
  })
  const boxes = floors
    .slice(1)
    .flat()
    .map((room) => {
      const { x, y, w } = place(room)
      const middle = x + w / 2
      return [
        `<rect x="${x}" y="${y}" width="${w}" height="${boxHeight}" rx="7"/>`,
        `<text class="name" x="${middle}" y="${y + 23}">${room}/</text>`,
        `<text x="${middle}" y="${y + 42}">${layout[room]!.purpose}</text>`,
      ].join('\n')
    })
  const groundY = 20 + storeys * rowHeight
  const height = groundY + boxHeight + 18
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="The rooms of src and who uses whom">
<style>
text { font: 13px system-ui, 'DejaVu Sans', sans-serif; fill: #33373d; text-anchor: middle }
.name { font-weight: 600; font-size: 16px; fill: #14171a }
rect { fill: #eef3f8; stroke: #5b7a99; stroke-width: 1.2 }
.ground rect { fill: #f3efe6; stroke: #a08c5b }
path { fill: none; stroke: #5b7a99; stroke-width: 1.4; marker-end: url(#tip) }
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><polygon points="0,0 8,4 0,8" fill="#5b7a99"/></marker></defs>
<rect x="0" y="0" width="${width}" height="${height}" style="fill:#fff;stroke:none"/>
${arrows.join('\n')}
${boxes.join('\n')}
<g class="ground"><rect x="${margin + 10}" y="${groundY}" width="${width - 2 * margin - 20}" height="${boxHeight}" rx="7"/>
<text class="name" x="${width / 2}" y="${groundY + 23}">errors · random · image</text>
<text x="${width / 2}" y="${groundY + 42}">every room stands on these: named errors, seeded randomness, decoded pixels</text></g>
</svg>
`
}

/** Where the picture is kept, relative to the project. */
export const picture = 'docs/figures/architecture.svg'

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.cwd()
  writeFileSync(join(root, picture), drawHouse(roomEdges(readImports(join(root, 'src')))))
  console.log(`${picture} drawn (${dirname(picture)})`)
}
