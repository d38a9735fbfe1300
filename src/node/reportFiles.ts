import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { figureNames, renderFigures } from '../figures/index.js'
import { noticeLines } from '../pipeline/notices.js'
import { reportHTML } from '../pipeline/reportHTML.js'
import { reportMarkdown } from '../pipeline/reportMarkdown.js'
import type { PipelineReport, PipelineResult } from '../pipeline/reportTypes.js'
import type { RunEnvironment } from '../pipeline/runEnvironment.js'
import { spelledNumbers } from '../pipeline/spelledNumbers.js'
import { encodeImage } from './images.js'
import { rasterize } from './rasterize.js'

/** What {@link writeReport} wrote. */
export interface WrittenReport {
  /** The report, with the names of its figures. */
  readonly report: PipelineReport
  /** The files, as paths in the folder. */
  readonly files: readonly string[]
  /** What a reader must know first: drawn images, limited steps, images left out. Empty for a full run on real images. */
  readonly notices: readonly string[]
}

/**
 * Writes a run into a folder: `report.md`, `report.html` (one file with the figures inside), `report.json`, `figures/*.svg` and
 * `*.png`, `generator.safetensors`, `siamese.safetensors`. All of it is made in a hidden folder inside first and then moved, the report last: a failure leaves the
 * folder as it was, without a half-written report.
 */
export async function writeReport(
  folder: string,
  result: PipelineResult,
  about: RunEnvironment = {},
): Promise<WrittenReport> {
  const { versions, platform, arch } = process
  const environment = { runtime: `Node ${versions.node}, ${platform} ${arch}`, ...about }
  const figures = await renderFigures(
    result,
    async (image) => `data:image/png;base64,${Buffer.from(await encodeImage(image, 'figure.png')).toString('base64')}`,
  )
  const files = new Map<string, Uint8Array | string>([
    ['generator.safetensors', result.models.generator],
    ['siamese.safetensors', result.models.siamese],
  ])
  for (const [name, svg] of figures) {
    files.set(`figures/${name}.svg`, svg)
    files.set(`figures/${name}.png`, rasterize(svg))
  }
  const report = { ...result.report, figures: [...files.keys()].filter((file) => file.startsWith('figures/')) }
  const { schemaVersion, ...rest } = report
  const notices = noticeLines(report.protocol).map(({ long }) => long)
  files.set('report.json', `${JSON.stringify({ schemaVersion, notices, ...rest, environment }, spelledNumbers, 2)}\n`)
  files.set('report.html', await reportHTML(report, figures, environment))
  files.set('report.md', reportMarkdown(report, environment))
  await mkdir(folder, { recursive: true })
  const staging = join(folder, `.writing-${randomUUID()}`)
  try {
    for (const [file, content] of files) {
      await mkdir(dirname(join(staging, file)), { recursive: true })
      await writeFile(join(staging, file), content)
    }
    for (const file of files.keys()) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await rename(join(staging, file), join(folder, file))
    }
    // A figure of an earlier run that this one has not.
    const stale = figureNames.flatMap((name) => [`figures/${name}.svg`, `figures/${name}.png`])
    for (const file of stale) if (!files.has(file)) await rm(join(folder, file), { force: true })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return { report, files: [...files.keys()], notices }
}
