import type { AuditedDuplicates, Collision, SharedName } from '../../data/index.js'
import { collisionWords, learnedBy, matchWords, someNames } from '../auditWords.js'
import { count, plain, table } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'
import { splitWords } from '../splitWords.js'

/** Most lines and names that are shown; report.json has them all. */
const longest = 12

const some = (names: readonly string[], most: number = longest): string => someNames(names, most, plain)

/** What of one kind stands on both sides; `without` images say nothing of it. */
function sharedLine(
  shared: readonly SharedName[],
  one: string,
  { images, without = 0 }: { images: number; without?: number },
): string {
  if (images === without) return `- ${one}s are not known`
  const unknown = without === 0 ? '' : `; not known of ${count(without, 'image')}`
  if (shared.length === 0) return `- no ${one} stands on both sides${unknown}`
  const names = someNames(
    shared.map(({ name, train, test }) => `${name} (${train} + ${test} images)`),
    longest,
    plain,
  )
  return `- **${count(shared.length, one)} on both sides** (images to train on + to test): ${names}${unknown}`
}

function pictureLine({ pictures, duplicates }: PipelineReport['leakage']): string {
  if (pictures === null) return '- pictures were not compared'
  const across = duplicates.filter(({ acrossSides, nested }) => acrossSides && !nested).length
  const blank = pictures.blank === 0 ? '' : `, ${pictures.blank} of them blank, of which only identical ones are found`
  const compared = `(${count(pictures.compared, 'image')} compared${blank})`
  if (across > 0)
    return `- **${count(across, 'group')} of images that are identical or look the same, on both sides** ${compared}`
  return `- no picture was found on both sides, neither as the same file nor encoded again, resized, mirrored or turned by quarters ${compared}`
}

function duplicateTable(duplicates: readonly AuditedDuplicates[]): string[] {
  const outermost = duplicates.filter(({ nested }) => !nested)
  if (outermost.length === 0) return ['No picture was found twice on one side either.']
  const rows = outermost
    .slice(0, longest)
    .map(({ kind, turned, images, patients, labels, train, test }) => [
      turned ? `${matchWords[kind]}, mirrored or turned` : matchWords[kind],
      some(images, 4),
      `${train} + ${test}`,
      some(patients, 4),
      labels.join(' and '),
    ])
  const more = outermost.length > longest ? [`… and ${outermost.length - longest} more groups in report.json.`] : []
  return [
    `Pictures that are there twice: ${count(outermost.length, 'group')}.`,
    table(['how', 'images', 'train + test', 'patients', 'labelled'], rows),
    ...more,
  ]
}

const collisionLine = (collision: Collision): string =>
  `- ${collisionWords(collision, plain)}${collision.acrossSides ? ', **on both sides**' : ''}`

/** What follows for the results, where something does. */
function meaning({ leakage, protocol }: PipelineReport): string[] {
  const { leaks, testImagesInLeaks, unknown } = leakage
  if (protocol.split === 'image') {
    return [
      `${leakage.leakedTestImages} of ${count(protocol.test.images, 'test image')} are of patients that were ${learnedBy(protocol.validation)}. An image-level split puts pictures of one tumour on both sides; the network can recognise the patient instead of the disease. Read the results above with that in mind, and run \`--split patient\`.`,
    ]
  }
  if (leaks.length > 0) {
    return [
      `**This split leaks, which concerns ${testImagesInLeaks} of ${count(protocol.test.images, 'test image')}: the results above may be too good.**`,
    ]
  }
  if (unknown.accessions === protocol.images) return []
  return ['Accession numbers are patient ids without their letter suffix: several ids may be one person.']
}

/** What stands on both sides, what collides, and what is there twice. */
export function leakageSection(report: PipelineReport): string {
  const { leakage, protocol } = report
  const { onBothSides, collisions, duplicates, pictures, unknown } = leakage
  const { images } = protocol
  const crowded = pictures?.crowded ?? 0
  const splits = new Set(report.runs.map(({ split }) => split))
  const parts = [
    '## Leakage between training and test side',
    ...(splits.size < 2
      ? []
      : [
          `This is the ${plain(splitWords(protocol.split))}; how many test images of the others leak, stands in the table of the runs.`,
        ]),
    [
      sharedLine(onBothSides.patients, 'patient', { images }),
      sharedLine(onBothSides.slides, 'slide', { images, without: unknown.slides }),
      sharedLine(onBothSides.accessions, 'accession number', { images, without: unknown.accessions }),
      pictureLine(leakage),
    ].join('\n'),
    ...meaning(report),
    ...(pictures === null ? [] : duplicateTable(duplicates)),
    ...(crowded === 0
      ? []
      : [`${count(crowded, 'image')} had too many similar ones to compare all: a copy may be missing here.`]),
    ...(collisions.length === 0
      ? []
      : [
          `Names that collide:\n\n${collisions.slice(0, longest).map(collisionLine).join('\n')}${collisions.length > longest ? '\n- …' : ''}`,
        ]),
  ]
  return parts.join('\n\n')
}
