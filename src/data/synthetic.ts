import { ArgumentError, DataError, requireInteger, requireRange } from '../errors.js'
import type { PixelImage } from '../image.js'
import { createRandom } from '../random.js'
import { magnifications as all, type ImageRecord, type ImageSource, type Label, type Magnification } from './source.js'
import { drawStain, drawTissue } from './synthetic-tissue.js'

/** Options of {@link syntheticHistology}. */
export interface SyntheticHistologyOptions {
  /** Number of patients; at least 2, one of each class. Default 24. */
  readonly patients?: number
  /** Share of the patients that are benign, rounded to whole patients. Default 0.4: the classes are uneven, as in BreaKHis. */
  readonly benignShare?: number
  /** Images of each patient, spread over the magnifications; at least 1. Default 8. */
  readonly imagesPerPatient?: number
  /** Width of an image in pixels; at least 32. Default 256. */
  readonly width?: number
  /** Height of an image in pixels; at least 32. Default 168. */
  readonly height?: number
  /** Which magnifications to draw, each at most once. Default `[40, 100, 200, 400]`. */
  readonly magnifications?: readonly Magnification[]
  /** Equal seeds give equal images. Default 0. */
  readonly seed?: number
}

/** Radius of a typical nucleus in an image of 256x168 pixels. (A true 40x to 400x would span a factor of 10.) */
const nucleusRadius: Readonly<Record<Magnification, number>> = { 40: 6, 100: 7.5, 200: 9.5, 400: 12 }

/**
 * Seeded pictures that look like haematoxylin-and-eosin histology, drawn on demand: a stand-in for BreaKHis where it is absent, and
 * a test that a classifier can see shape. **They are not tissue and prove nothing about cancer.**
 *
 * The class shows in the nuclei's shape and order alone. Benign: round, of one size, evenly spaced. Malignant: elongated and lobed,
 * of many sizes, crowded without order. Stain colours, strength, light, the share of the picture that nuclei, gaps and epithelium
 * cover and the nuclei's mean size vary from patient to patient and image to image, drawn without knowing the class, so that colour
 * histograms do not tell the classes apart (`scripts/verify-synthetic.ts` measures it).
 *
 * @returns a source whose records name label, patient (`benign-03`) and magnification, and whose `read` is a pure function of
 *   (seed, record): an RGB image of 8 bits, `width` x `height`.
 * @throws ArgumentError for options out of range; `read` throws DataError for a record that is not of this source.
 */
export function syntheticHistology(options: SyntheticHistologyOptions = {}): ImageSource {
  const { patients = 24, benignShare = 0.4, imagesPerPatient = 8, width = 256, height = 168 } = options
  const { magnifications = all, seed = 0 } = options
  requireInteger('options.patients', patients, 2)
  requireRange('options.benignShare', benignShare, 0, 1)
  requireInteger('options.imagesPerPatient', imagesPerPatient, 1)
  requireInteger('options.width', width, 32)
  requireInteger('options.height', height, 32)
  if (!Number.isSafeInteger(seed)) throw new ArgumentError('options.seed', 'be an integer', seed)
  if (
    magnifications.length === 0 ||
    new Set(magnifications).size !== magnifications.length ||
    !magnifications.every((m) => m in nucleusRadius)
  ) {
    throw new ArgumentError('options.magnifications', 'list some of 40, 100, 200, 400, each once', [...magnifications])
  }

  const benign = Math.min(patients - 1, Math.max(1, Math.round(patients * benignShare)))
  const records: ImageRecord[] = []
  for (let p = 0; p < patients; p++) {
    const label: Label = p < benign ? 'benign' : 'malignant'
    const number = p < benign ? p : p - benign
    const patient = `${label}-${String(number + 1).padStart(2, '0')}`
    for (let n = 0; n < imagesPerPatient; n++) {
      // The offset spreads the magnifications also where a patient has fewer images than there are magnifications.
      const magnification = magnifications[(n + number) % magnifications.length]!
      const id = `synthetic-${patient}-${magnification}-${String(n + 1).padStart(2, '0')}`
      records.push({ id, label, patient, magnification, sequence: n + 1 })
    }
  }

  const known = new Map(records.map((record) => [record.id, record]))
  const draw = (record: ImageRecord): PixelImage => {
    const malignant = record.label === 'malignant'
    const stain = drawStain(createRandom(seed, 'synthetic', 'stain', record.patient), 0.3)
    // One stream for everything that must not depend on the class, one for the drawing.
    const conditions = createRandom(seed, 'synthetic', 'conditions', record.id)
    const nature = createRandom(seed, 'synthetic', 'atypia', record.id)
    return drawTissue(createRandom(seed, 'synthetic', 'tissue', record.id), {
      width,
      height,
      stain: drawStain(conditions, 1, stain),
      radius: nucleusRadius[record.magnification!] * conditions.uniform(0.9, 1.1),
      nuclearShare: conditions.uniform(0.15, 0.24),
      gapShare: conditions.uniform(0.02, 0.14),
      epitheliumShare: conditions.uniform(0.6, 0.85),
      atypia: malignant ? nature.uniform(0.75, 1) : nature.uniform(0, 0.15),
    })
  }

  return {
    kind: 'synthetic',
    description: `synthetic histology (drawn, not real tissue): ${patients} patients x ${imagesPerPatient} images of ${width}x${height}, seed ${seed}`,
    records,
    read: async (record) => {
      const own = known.get(record.id)
      if (own === undefined) throw new DataError(record.id, 'is not a record of this synthetic source')
      return draw(own)
    },
  }
}
