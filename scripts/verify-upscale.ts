/**
 * Measures what upscaling takes for inputs of 512, 1024 and 2048 pixels a side, each in a fresh process:
 * node scripts/run.mjs scripts/verify-upscale.ts [--json]. Exits 1 where the wasm heap or tfjs's tensors grow with the picture, or the
 * process by more than the picture, its enlargement and a little.
 */
import { spawnSync } from 'node:child_process'
import { memory } from '@tensorflow/tfjs-core'
import { createRRDBGenerator, createRandom, upscale, upscaleBands, wasmMemory, type PixelImage } from 'esrgan-scnn'
import { peakMemoryBytes, startBackend, writePNG } from 'esrgan-scnn/node'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sides = [512, 1024, 2048] as const
const forms = ['upscale', 'upscaleBands into writePNG'] as const
const mebibyte = 2 ** 20

/** What the process may take beyond pixels, of garbage that is not collected yet, more than for the smallest picture. */
const slack = 96 * mebibyte

interface Measured {
  /** The most that tensors held, in bytes, when the generator had run. */
  readonly tensors: number
  readonly heap: number
  /** The process at most, less what it held before the picture was made. */
  readonly process: number
}

async function measure(side: number, form: string): Promise<Measured> {
  await startBackend('wasm', { threads: 2 })
  const plain = createRRDBGenerator({ blocks: 1, features: 4, growth: 2 })
  let tensors = 0
  const generator: typeof plain = {
    ...plain,
    apply(images) {
      const result = plain.apply(images)
      tensors = Math.max(tensors, memory().numBytes)
      return result
    },
  }
  const before = peakMemoryBytes()
  const random = createRandom(1)
  const data = new Uint8Array(side * side * 3)
  for (let i = 0; i < data.length; i++) data[i] = random.integer(256)
  const image: PixelImage = { width: side, height: side, channels: 3, data, maxValue: 255 }
  if (form === 'upscale') await upscale(generator, image)
  else {
    const folder = mkdtempSync(join(tmpdir(), 'upscale-'))
    try {
      const header = { width: side * 4, height: side * 4, channels: 3, maxValue: 255 } as const
      await writePNG(join(folder, 'large.png'), header, upscaleBands(generator, image))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return { tensors, heap: wasmMemory()!.heapBytes, process: peakMemoryBytes() - before }
}

const [command, side, form] = process.argv.slice(2)
if (command === '--measure') {
  console.log(JSON.stringify(await measure(Number(side), form!)))
} else {
  const rows: (Measured & { form: string; side: number; pixels: number })[] = []
  for (const name of forms) {
    for (const each of sides) {
      const child = spawnSync(process.execPath, [process.argv[1]!, '--measure', String(each), name], {
        encoding: 'utf8',
      })
      if (child.status !== 0) throw new Error(`${name}, ${each}: ${child.stderr}`)
      const measured = JSON.parse(child.stdout) as Measured
      const pixels = each * each * 3 * (name === 'upscale' ? 17 : 1)
      rows.push({ form: name, side: each, pixels, ...measured })
      if (command !== '--json') {
        const [tensors, heap, whole, known] = [measured.tensors, measured.heap, measured.process, pixels].map((bytes) =>
          (bytes / mebibyte).toFixed(1).padStart(7),
        )
        console.log(
          `${name.padEnd(27)} ${String(each).padStart(5)} px  tensors ${tensors} MiB  wasm heap ${heap} MiB  process +${whole} MiB, of it pixels ${known} MiB`,
        )
      }
    }
  }
  if (command === '--json') console.log(JSON.stringify(rows))
  const smallest = rows[0]!
  const hasGrown = rows.filter(
    ({ tensors, heap, process: whole, pixels }) =>
      // Tiles are no larger than it takes, so those of a smaller picture may be a little smaller.
      tensors > smallest.tensors * 1.2 ||
      heap > smallest.heap * 1.3 ||
      whole - pixels > smallest.process - smallest.pixels + slack,
  )
  for (const { form: name, side: each } of hasGrown) console.error(`${name}, ${each} px: takes more than it should`)
  if (hasGrown.length > 0) process.exitCode = 1
}
