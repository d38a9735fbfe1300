import type { Collision, DuplicateGroup } from '../data/index.js'
import { count } from './markdown.js'

/** How images are known to be one picture, in words. */
export const matchWords: Readonly<Record<DuplicateGroup['kind'], string>> = {
  bytes: 'identical files',
  pixels: 'identical pixels',
  perceptual: 'looking the same',
}

/** The first names of a list, each made harmless, and how many there are where that are more. */
export function someNames(names: readonly string[], most: number, plain: (name: string) => string): string {
  const more = names.length > most ? `, … (${names.length} in all)` : ''
  return names.slice(0, most).map(plain).join(', ') + more
}

/** What was done with the images of a training side, of which the validation side is a part where there is one. */
export const learnedBy = (validation: object | null): string =>
  validation === null ? 'trained on' : 'trained on or chosen by'

/** Most names of one collision. */
const most = 6

/** A collision in words, its names made harmless. */
export function collisionWords(collision: Collision, plain: (name: string) => string): string {
  const { kind, name, members, diagnoses = [], images, sameNumbers = 0 } = collision
  const start = `${kind} ${plain(name)}`
  const all = someNames(members, most, plain)
  if (kind === 'accession') return `${start}: ${count(members.length, 'patient id')} that may be one person: ${all}`
  if (kind === 'slide') return `${start} is filed under ${count(members.length, 'patient id')}: ${all}`
  const classes = new Set(diagnoses.map((diagnosis) => diagnosis.split(' ')[0]))
  const twice = sameNumbers === 0 ? '' : `, ${count(sameNumbers, 'image number')} there twice`
  return `${start} has ${diagnoses.length} ${classes.size > 1 ? 'diagnoses' : 'tumour types'}: ${someNames(diagnoses, most, plain)}; ${count(images, 'image')}${twice}`
}

/** How many accessions are on both sides under several patient ids. */
export const crossingAccessions = (collisions: readonly Collision[]): number =>
  collisions.filter(({ kind, acrossSides }) => kind === 'accession' && acrossSides).length
