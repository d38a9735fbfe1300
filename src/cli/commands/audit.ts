import { Command, InvalidArgumentError, Option } from 'commander'
import {
  auditImages,
  auditRecords,
  splitNames,
  splitRecords,
  type DataAudit,
  type ImageRecord,
  type LabelSpellings,
  type Magnification,
  type Split,
  type SplitName,
} from '../../data/index.js'
import { DataError } from '../../errors.js'
import { splitWords } from '../../pipeline/splitWords.js'
import { trackProgress } from '../../training/index.js'
import { auditTable, isPublished, type FoldSummary } from '../auditTable.js'
import { interruptible } from '../interrupt.js'
import type { CommandIO } from '../io.js'
import { nameListsAt, readNameLists } from '../nameLists.js'
import { integer, jsonOption, magnificationList, UsageError } from '../options.js'
import { labelsOption, openImages, requireImages, rootOption } from '../openImages.js'
import { createProgress } from '../progress.js'
import { withSkipHint } from '../skipHint.js'

interface AuditOptions {
  split?: SplitName
  seed: number
  testFraction?: number
  magnification?: Magnification[]
  labels?: LabelSpellings
  root?: string
  onCorrupt: 'stop' | 'skip'
  json?: true
}

const defaultTestFraction = 0.2

function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value < 1)) throw new InvalidArgumentError('It must lie between 0 and 1.')
  return value
}

const ofMagnifications = (
  records: readonly ImageRecord[],
  wanted: readonly Magnification[] | undefined,
): ImageRecord[] =>
  records.filter(
    ({ magnification }) => wanted === undefined || (magnification !== undefined && wanted.includes(magnification)),
  )

async function auditNames(
  paths: readonly string[],
  magnification: readonly Magnification[] | undefined,
  divide: ((records: readonly ImageRecord[]) => Split) | undefined,
): Promise<{ audit: DataAudit; folds: readonly FoldSummary[] }> {
  const records = ofMagnifications(await readNameLists(paths), magnification)
  if (records.length === 0) throw new DataError(paths[0]!, `no names at ${magnification!.join(', ')}x`)
  if (divide !== undefined) return { audit: auditRecords(records, { split: divide(records) }), folds: [] }
  const audit = auditRecords(records)
  // Of a part of the names, a fold may have one side only.
  const isWhole = isPublished(audit.tableI)
  const folds = splitNames.filter((name) => isWhole && name.startsWith('official:'))
  return {
    audit,
    folds: folds.map((name) => {
      const split = splitRecords(records, name)
      const { leaks, collisions } = auditRecords(records, { split })
      return {
        name,
        train: split.train.length,
        test: split.test.length,
        leaks,
        collisions: collisions.filter(({ acrossSides }) => acrossSides),
      }
    }),
  }
}

/** `esrgan-scnn audit`: what is in a data set twice, and what leaks between training and test. */
export function auditCommand(io: CommandIO): Command {
  return new Command('audit')
    .description(
      'Counts a data set, finds names that collide and pictures that are there twice, and what leaks through a split.',
    )
    .argument(
      '<dir>',
      'BreaKHis images in a folder of any layout, a CSV list of images, or lists of names (.txt), of which no image is read',
    )
    .addOption(new Option('--split <kind>', 'what divides it: as in reproduce (default: nothing)').choices(splitNames))
    .addOption(new Option('--seed <n>', 'of the split').argParser(integer(0, 2 ** 31 - 1)).default(1))
    .addOption(
      new Option(
        '--test-fraction <f>',
        `share of the test set (default: ${defaultTestFraction}; the quick preset of reproduce takes 0.25)`,
      ).argParser(share),
    )
    .addOption(
      new Option('--magnification <list>', 'only these, for example 40,100 (default: all)').argParser(
        magnificationList,
      ),
    )
    .addOption(labelsOption())
    .addOption(rootOption())
    .addOption(
      new Option('--on-corrupt <what>', 'an image that cannot be read stops the audit, or is left out and listed')
        .choices(['stop', 'skip'])
        .default('stop'),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nFails (exit code 1) where a split leaks that is to keep patients, accessions or official sides apart: a name of these, or one picture, on both sides. An image-level split promises nothing, and is only described.\n\nExamples:\n  $ esrgan-scnn audit BreaKHis_v1 --split patient\n  $ esrgan-scnn audit breakhis-folds --split official:1',
    )
    .action(async (path: string, options: AuditOptions) => {
      const { split, seed, testFraction, magnification, labels, root, json } = options
      if (testFraction !== undefined && split?.startsWith('official:') === true) {
        throw new UsageError(`--test-fraction: is not for ${split}, which says itself what is tested`)
      }
      if (split === undefined && testFraction !== undefined) throw new UsageError('--test-fraction: needs a --split')
      const lists = await nameListsAt(path)
      if (lists === undefined) await requireImages('DIR', path, { labels, root })
      else if (labels !== undefined || root !== undefined) {
        throw new UsageError('--labels and --root: are for a list of images, not for lists of names')
      }
      // An official fold draws nothing.
      const drawn =
        split?.startsWith('official:') === true ? {} : { seed, testFraction: testFraction ?? defaultTestFraction }
      const divide =
        split === undefined
          ? undefined
          : (records: readonly ImageRecord[]): Split => splitRecords(records, split, drawn)
      const { audit, folds } =
        lists === undefined
          ? { audit: await readAndAudit(io, path, options, divide), folds: [] }
          : await auditNames(lists, magnification, divide)
      if (json === true) {
        const how = audit.split === null ? {} : { split: { name: split, ...drawn, ...audit.split } }
        io.stdout.write(`${JSON.stringify({ ...audit, ...how, ...(folds.length === 0 ? {} : { folds }) })}\n`)
      } else io.stdout.write(auditTable(audit, split ?? '', folds))
      if (audit.split !== null && audit.split.kind !== 'image' && audit.leaks.length > 0) {
        throw new Error(`the ${splitWords(split!)} leaks; standard output says what`)
      }
    })
}

async function readAndAudit(
  io: CommandIO,
  path: string,
  { magnification, labels, root, onCorrupt }: AuditOptions,
  divide: ((records: readonly ImageRecord[]) => Split) | undefined,
): Promise<DataAudit> {
  const opened = await openImages(path, { magnifications: magnification, labels, root })
  const source = { ...opened, records: ofMagnifications(opened.records, magnification) }
  if (source.records.length === 0) throw new DataError(path, `no images at ${magnification!.join(', ')}x`)
  io.stderr.write(`${source.description}\n`)
  // What cannot be divided is refused before everything is read.
  divide?.(source.records)
  const progress = createProgress(io)
  const report = trackProgress('audit', source.records.length, progress.onProgress)
  try {
    return await interruptible(
      io,
      async () => 'nothing was written',
      (signal) =>
        auditImages(source, {
          onCorrupt: onCorrupt === 'skip' ? 'skip' : 'throw',
          signal,
          onProgress: ({ done }) => report(done),
          ...(divide === undefined ? {} : { split: divide }),
        }),
    )
  } catch (error) {
    // The split was tried before: what fails now is an image.
    if (error instanceof DataError && onCorrupt === 'stop') throw withSkipHint(error)
    throw error
  } finally {
    progress.stop()
  }
}
