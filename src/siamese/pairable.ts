import type { PairRuleOptions } from '../data/index.js'

/**
 * What decides whether images have partners in a batch that holds both classes: an anchor with partners of both kinds is there
 * if two images of one `unit` differ in their `value`. Under `allow` two pictures of a class, under `forbid` two patients of a
 * class (one at least is not alone in the other class), under `require` two pictures of a class and patient.
 */
function rule(
  labels: ArrayLike<number>,
  { groups, pictures, samePatient = 'allow' }: PairRuleOptions,
): { unit: (image: number) => unknown; value: (image: number) => unknown } {
  const ofClass = (image: number): unknown => labels[image]
  const picture = (image: number): unknown => pictures?.[image] ?? image
  if (samePatient === 'allow') return { unit: ofClass, value: picture }
  if (samePatient === 'forbid') return { unit: ofClass, value: (image) => groups?.[image] }
  const patients = new Map<unknown, number>()
  const patient = (image: number): number => {
    const name = groups?.[image]
    if (!patients.has(name)) patients.set(name, patients.size)
    return patients.get(name)!
  }
  return { unit: (image) => 2 * patient(image) + labels[image]!, value: picture }
}

/** Whether a batch of both classes holds an image with partners of both kinds. Looks at a few images as a rule. */
export function hasPairs(labels: ArrayLike<number>, batch: ArrayLike<number>, options: PairRuleOptions): boolean {
  const { unit, value } = rule(labels, options)
  const first = new Map<unknown, unknown>()
  for (let k = 0; k < batch.length; k++) {
    const [name, found] = [unit(batch[k]!), value(batch[k]!)]
    if (!first.has(name)) first.set(name, found)
    else if (first.get(name) !== found) return true
  }
  return false
}

/**
 * Whether a batch of `perClass` images of each class, two of each patient under `require`, may hold no such image: so many
 * have one value in one unit.
 */
export function mayLackPairs(labels: ArrayLike<number>, perClass: number, options: PairRuleOptions): boolean {
  const { unit, value } = rule(labels, options)
  const counts = new Map<unknown, Map<unknown, number>>()
  const atOnce = options.samePatient === 'require' ? 2 : perClass
  // A class is safe while no value fills its share of a batch. One safe class is enough.
  const safe = new Set([0, 1])
  for (let i = 0; i < labels.length && safe.size > 0; i++) {
    const [name, found] = [unit(i), value(i)]
    const ofUnit = counts.get(name) ?? new Map<unknown, number>()
    counts.set(name, ofUnit)
    const count = (ofUnit.get(found) ?? 0) + 1
    ofUnit.set(found, count)
    if (count >= atOnce) safe.delete(labels[i]!)
  }
  return safe.size === 0
}
