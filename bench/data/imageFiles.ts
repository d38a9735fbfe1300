import { closeSync, existsSync, openSync, readdirSync, readSync, writeFileSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { syntheticHistology, type ImageSource } from '../../src/data/index.js'
import { loadBreaKHis, readImage, writeImage } from '../../src/node/index.js'
import type { ImagesSpec } from './dataRows.js'

/** Real images, where they stand beside the project. */
const realFolder = resolve('../shared/data/BreaKHis_v1')

/** Pictures that are drawn where there are no real ones; more files than that are copies. */
const drawn = 4

/** Image files to measure with. */
export interface ImageFiles {
  /** PNG files, or JPEG. */
  readonly paths: readonly string[]
  /** The PNG files with their records. */
  readonly source: ImageSource
  /** What they show, for people. */
  readonly about: string
}

/** Whether a PNG file's header says this size. */
function isOfSize(path: string, width: number, height: number): boolean {
  const header = Buffer.alloc(24)
  const file = openSync(path, 'r')
  try {
    readSync(file, header)
  } finally {
    closeSync(file)
  }
  return header.readUInt32BE(16) === width && header.readUInt32BE(20) === height
}

/** A name in BreaKHis' grammar for file `i`: two patients, benign and malignant. */
const nameOf = (i: number): string =>
  `SOB_${i % 2 === 0 ? 'B_A-14-1' : 'M_DC-14-2'}-100-${String(i + 1).padStart(3, '0')}.png`

async function drawFolder(folder: string, { count, width, height }: ImagesSpec): Promise<void> {
  const source = syntheticHistology({ patients: 2, imagesPerPatient: drawn / 2, width, height, magnifications: [100] })
  await mkdir(folder, { recursive: true })
  for (let i = 0; i < count; i++) {
    const path = join(folder, nameOf(i))
    if (i < drawn) await writeImage(path, await source.read(source.records[i]!))
    else await cp(join(folder, nameOf(i % drawn)), path)
  }
}

/**
 * `count` images: real ones of BreaKHis where they are beside the project and of the wanted size, synthetic ones in `folder` otherwise.
 * Their paths go to `files.txt` there, for peers.
 */
export async function imageFiles(spec: ImagesSpec, folder: string): Promise<ImageFiles> {
  const { kind, count, width, height } = spec
  const isReal = existsSync(realFolder) && width === 700 && height === 460
  const root = isReal ? realFolder : join(folder, 'images')
  if (!isReal) await drawFolder(root, spec)
  const all = await loadBreaKHis(root)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  const pathById = new Map(files.map((path) => [basename(path, '.png'), join(root, path)]))
  // A few of BreaKHis' images are 700x456.
  const fitting = all.records.filter(({ id }) => isOfSize(pathById.get(id)!, width, height))
  if (fitting.length < count)
    throw new Error(`${root} has ${fitting.length} images of ${width}x${height}, not ${count}`)
  // Spread over the folder, for the classes stand one after the other in it.
  const records = Array.from({ length: count }, (_, i) => fitting[Math.floor((i * fitting.length) / count)]!)
  const source = { ...all, records }
  let paths = records.map(({ id }) => pathById.get(id)!)
  if (kind === 'decode-jpeg') {
    const from = paths
    paths = from.map((_, i) => join(folder, `${String(i).padStart(3, '0')}.jpg`))
    for (const [i, path] of paths.entries()) await writeImage(path, await readImage(from[i]!))
  }
  writeFileSync(join(folder, 'files.txt'), paths.join('\n'))
  const what = kind === 'decode-jpeg' ? 'JPEG of quality 95 made of ' : ''
  return {
    paths,
    source,
    about: `${what}${isReal ? 'real BreaKHis images' : `synthetic images of ${width}x${height}`}`,
  }
}
