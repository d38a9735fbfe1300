import { DataError } from '../errors.js'
import type { ImageRecord, Label, Magnification } from './source.js'

/** BreaKHis' tumour types: adenosis, fibroadenoma, phyllodes tumour, tubular adenoma; ductal, lobular, mucinous, papillary carcinoma. */
export type BreaKHisSubtype = 'A' | 'F' | 'PT' | 'TA' | 'DC' | 'LC' | 'MC' | 'PC'

/** A parsed BreaKHis file name: a record in which nothing is missing. */
export interface BreaKHisName extends Required<ImageRecord> {
  /** The tumour type. */
  readonly subtype: BreaKHisSubtype
  /** The slide's year, two digits. */
  readonly year: string
}

const grammar = /^SOB_([BM])_(A|F|PT|TA|DC|LC|MC|PC)-(\d+)-([0-9A-Za-z]+)-(40|100|200|400)-(\d+)\.png$/
const benign: readonly string[] = ['A', 'F', 'PT', 'TA']

/**
 * Reads a BreaKHis file name, for example `SOB_M_DC-14-13412-100-001.png`: malignant, subtype DC, slide
 * `SOB_M_DC_14-13412`, patient `14-13412`, 100x, image 1. The patient is the id without the subtype; the
 * accession is the id without its letter suffix (`14-22549AB` and `14-22549G` share `14-22549`).
 *
 * @throws DataError when the name is outside the grammar, or class and subtype disagree.
 */
export function parseBreaKHisName(fileName: string): BreaKHisName {
  const match = grammar.exec(fileName)
  if (match === null) {
    throw new DataError(fileName, 'not a BreaKHis name (SOB_<B|M>_<subtype>-<year>-<id>-<40|100|200|400>-<number>.png)')
  }
  const [, letter, subtype, year, id, magnification, sequence] = match as unknown as string[]
  const label: Label = letter === 'B' ? 'benign' : 'malignant'
  if (benign.includes(subtype!) !== (label === 'benign')) {
    throw new DataError(fileName, `subtype ${subtype} is ${label === 'benign' ? 'malignant' : 'benign'}, not ${label}`)
  }
  return {
    id: fileName.slice(0, -'.png'.length),
    label,
    patient: `${year}-${id}`,
    magnification: Number(magnification) as Magnification,
    subtype: subtype as BreaKHisSubtype,
    slide: `SOB_${letter}_${subtype}_${year}-${id}`,
    accession: `${year}-${id!.replace(/(?<=\d)[A-Za-z]+$/, '')}`,
    sequence: Number(sequence),
    year: year!,
  }
}
