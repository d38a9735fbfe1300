import { ArgumentError, DataError } from '../errors.js'
import { divide } from './divide.js'
import type { ImageRecord } from './source.js'
import type { Split } from './splits.js'

/** The number of one of BreaKHis' official folds. */
export type OfficialFold = 1 | 2 | 3 | 4 | 5

/**
 * The folds in which each slide is tested, `<slide>:<folds>`; in the others it is trained on. The five official lists
 * (`dsfold1.txt` .. `dsfold5.txt`; Spanhol, Oliveira, Petitjean, Heutte, "A Dataset for Breast Cancer Histopathological
 * Image Classification", IEEE TBME 63(7), 2016) put all images of a slide on one side, so that this says all of them.
 */
const testedIn: Readonly<Record<string, string>> = {
  B_A: '14-22549AB:45 14-22549CD:345 14-22549G:12 14-29960CD:123',
  B_F: `
    14-14134: 14-14134E:23 14-21998CD:15 14-21998EF:4 14-23060AB:234 14-23060CD:235 14-23222AB:1 14-25197:
    14-29960AB:4 14-9133:15`,
  B_PT: '14-21998AB:15 14-22704:34 14-29315EF:2',
  B_TA: '14-13200: 14-15275:12 14-16184:15 14-16184CD:24 14-19854C:2345 14-21978AB:3 14-3411F:1345',
  M_DC: `
    14-10926:25 14-11031: 14-11520:15 14-11951:15 14-12312:35 14-13412:35 14-13993:5 14-14015:4 14-14926:
    14-14946:2 14-15572: 14-15696:4 14-15792:2 14-16188:234 14-16336: 14-16448:4 14-16601:234 14-16716:14
    14-16875: 14-17614:1245 14-17901:5 14-17915:14 14-18650:134 14-20629:25 14-20636:15 14-2523:15 14-2773:
    14-2980:1234 14-2985:23 14-3909:134 14-4364:123 14-4372:2 14-5287:34 14-5694:5 14-5695: 14-6241:13
    14-8168:2 14-9461:3`,
  M_LC: '14-12204:45 14-13412:1 14-15570:12 14-15570C:34 14-16196:235',
  M_MC: `
    14-10147: 14-12773:2 14-13413:135 14-13418DE:4 14-16456:245 14-18842: 14-18842D:1234 14-19979:3
    14-19979C:15`,
  M_PC: '14-12465: 14-15687B:12 14-15704:15 14-19440:3 14-9146:24 15-190EF:345',
}

const foldsOfSlides: ReadonlyMap<string, string> = new Map(
  Object.entries(testedIn).flatMap(([type, slides]) =>
    slides
      .trim()
      .split(/\s+/)
      .map((slide) => slide.split(':') as [string, string])
      .map(([slide, folds]): [string, string] => [`SOB_${type}_${slide}`, folds]),
  ),
)

/**
 * One of the five official folds of BreaKHis, about 7 : 3, by the records' slides: no file is needed, and any part of
 * the data set will do, for example one magnification. The folds keep slides whole, but not patients: 14-13412, with
 * slides of two tumour types, is on both sides of folds 1, 3 and 5. Several accessions are on both sides of every fold.
 *
 * @throws ArgumentError for another fold; DataError for no record, a record whose slide is unknown or not of BreaKHis
 *   (named), and a side that stays empty.
 */
export function splitByOfficialFold(records: readonly ImageRecord[], fold: OfficialFold): Split {
  if (![1, 2, 3, 4, 5].includes(fold)) throw new ArgumentError('fold', 'be 1, 2, 3, 4 or 5', fold)
  if (records.length === 0) throw new DataError('records', 'no images to split')
  const split = divide('official', records, (_, { id, slide }) => {
    const folds = slide === undefined ? undefined : foldsOfSlides.get(slide)
    if (folds !== undefined) return folds.includes(String(fold))
    throw new DataError(id, `${slide === undefined ? 'no slide' : `slide ${slide}`}: not in BreaKHis' official folds`)
  })
  for (const side of ['train', 'test'] as const) {
    if (split[side].length > 0) continue
    const other = side === 'train' ? 'test' : 'train'
    throw new DataError('records', `the ${side} side of official fold ${fold} is empty: all are on its ${other} side`)
  }
  return split
}
