import type { AuditedDuplicates, Collision, SharedName } from '../data/index.js'
import { count, plain, table } from './markdown.js'
import type { PipelineReport } from './reportTypes.js'

/** Most lines and names that are shown; report.json has them all. */
const longest = 12

const some = (names: readonly string[], most: number = longest): string =>
  names.slice(0, most).map(plain).join(', ') + (names.length > most ? `, … (${names.length} in all)` : '')

function sharedLine(shared: readonly SharedName[], one: string, many: string): string {
  if (shared.length === 0) return `- no ${one} stands on both sides`
  const names = shared.map(({ name, train, test }) => `${name} (${train} + ${test} images)`)
  return `- **${count(shared.length, one, many)} on both sides** (images to train on + to test): ${some(names)}`
}

function pictureLine({ pictures, duplicates }: PipelineReport['leakage']): string {
  if (pictures === null) return '- pictures were not compared'
  const across = duplicates.filter(({ acrossSides }) => acrossSides).length
  const compared = `of ${count(pictures.compared, 'image')} compared`
  if (across > 0) return `- **${count(across, 'group')} of pictures that are one, on both sides**, ${compared}`
  return `- no picture stands on both sides, neither as the same file nor encoded again, resized, mirrored or turned by quarters (${compared})`
}

const kinds = { bytes: 'identical files', pixels: 'identical pixels', perceptual: 'looking the same' } as const

function duplicateTable(duplicates: readonly AuditedDuplicates[]): string[] {
  if (duplicates.length === 0) return ['No picture is there twice on one side either.']
  const rows = duplicates
    .slice(0, longest)
    .map(({ kind, turned, images, patients, labels, train, test }) => [
      turned ? `${kinds[kind]}, mirrored or turned` : kinds[kind],
      some(images, 4),
      `${train} + ${test}`,
      some(patients, 4),
      labels.join(' and '),
    ])
  const more = duplicates.length > longest ? [`… and ${duplicates.length - longest} more groups in report.json.`] : []
  return [
    `Pictures that are there twice: ${count(duplicates.length, 'group')}.`,
    table(['how', 'images', 'train + test', 'patients', 'labelled'], rows),
    ...more,
  ]
}

function collisionLine({ kind, name, members, sameNumbers, acrossSides }: Collision): string {
  const where = acrossSides ? ', **on both sides**' : ''
  return kind === 'accession'
    ? `- accession ${plain(name)}: ${count(members.length, 'patient id')} that may be one person: ${some(members, 6)}${where}`
    : `- patient ${plain(name)} has two diagnoses: ${some(members, 6)}; ${count(sameNumbers ?? 0, 'image number')} there twice${where}`
}

function meaning({ leakage, protocol }: PipelineReport): string {
  if (protocol.split === 'image') {
    return `${leakage.leakedTestImages} of ${count(protocol.test.images, 'test image')} are of patients that were trained on. An image-level split puts pictures of one tumour on both sides; the network can recognise the patient instead of the disease. Read the results above with that in mind, and run \`--split patient\`.`
  }
  if (leakage.leaks.length > 0) return '**This split leaks: the results above are too good.**'
  return 'Accession numbers are patient ids without their letter suffix: several ids may be one person.'
}

/** What stands on both sides, what collides, and what is there twice. */
export function leakageSection(report: PipelineReport): string {
  const { leakage } = report
  const { onBothSides, collisions, duplicates, pictures } = leakage
  const crowded = pictures?.crowded ?? 0
  const parts = [
    '## Leakage between training and test side',
    [
      sharedLine(onBothSides.patients, 'patient', 'patients'),
      sharedLine(onBothSides.accessions, 'accession number', 'accession numbers'),
      pictureLine(leakage),
    ].join('\n'),
    meaning(report),
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
