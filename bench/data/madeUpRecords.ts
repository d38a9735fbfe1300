import { parseBreaKHisName, type ImageRecord } from '../../src/data/index.js'
import { createRandom } from '../../src/random.js'

/** Images of a patient: BreaKHis has 96 a slide on average. */
const [fewest, most] = [60, 140]

/**
 * `count` records with names in BreaKHis' grammar: 60 to 140 images a patient, all of one class, three patients in ten benign,
 * the four magnifications in turn; the last patient has what is left.
 */
export function madeUpRecords(count: number): ImageRecord[] {
  const random = createRandom(0, 'bench', 'records')
  const records: ImageRecord[] = []
  for (let patient = 0; records.length < count; patient++) {
    const kind = patient % 10 < 3 ? 'B_A' : 'M_DC'
    const size = fewest + random.integer(most - fewest + 1)
    for (let i = 0; i < size && records.length < count; i++) {
      const magnification = [40, 100, 200, 400][i % 4]!
      const sequence = String((i >> 2) + 1).padStart(3, '0')
      records.push(parseBreaKHisName(`SOB_${kind}-14-${10000 + patient}-${magnification}-${sequence}.png`))
    }
  }
  return records
}
