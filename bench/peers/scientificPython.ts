import type { DataSpec } from '../data/dataRows.js'
import { askPython } from './python.js'

/** A Python with the packages that the rows of the data are compared with. */
export interface ScientificPython {
  /** The command, for example `/usr/bin/python3`. */
  readonly python: string
  /** Versions by the packages' names. */
  readonly versions: { readonly Pillow: string; readonly SciPy: string; readonly 'scikit-learn': string }
}

const question = `import json, PIL, scipy, sklearn
print(json.dumps({"Pillow": PIL.__version__, "SciPy": scipy.__version__, "scikit-learn": sklearn.__version__}))`

/** The first Python that has Pillow, SciPy and scikit-learn; undefined where none has. */
export async function findScientificPython(): Promise<ScientificPython | undefined> {
  const found = await askPython<ScientificPython['versions']>(question)
  return found && { python: found.python, versions: found.answer }
}

/** What of those packages does the same work. */
export interface Counterpart {
  readonly package: keyof ScientificPython['versions']
  /** The function, for people. */
  readonly name: string
  /** Largest difference of its result, relative to the largest value. */
  readonly tolerance: number
}

/** The counterpart of each kind of work; undefined where there is none. */
export function counterpartOf({ kind, count }: DataSpec): Counterpart | undefined {
  switch (kind) {
    case 'decode-png':
      return { package: 'Pillow', name: 'Image.open', tolerance: 0 }
    case 'decode-jpeg':
      // Two decoders may round the inverse cosine transform and the colours apart.
      return { package: 'Pillow', name: 'Image.open', tolerance: 4 / 255 }
    case 'stream':
      return { package: 'Pillow', name: 'Image.open, NumPy', tolerance: 1e-5 }
    case 'augment':
      return { package: 'SciPy', name: 'ndimage.affine_transform, order 1', tolerance: 1e-4 }
    case 'bicubic':
      // Pillow's bicubic is the same kernel, in fixed point and rounded after either axis; its borders are left out.
      return { package: 'Pillow', name: 'Image.resize, BICUBIC', tolerance: 2 / 255 }
    case 'split-image':
      return { package: 'scikit-learn', name: 'StratifiedShuffleSplit', tolerance: 2 / count }
    case 'split-patient':
      // Sizes differ by a patient or two, and by what scikit-learn leaves uneven.
      return { package: 'scikit-learn', name: 'StratifiedGroupKFold, one fold', tolerance: 0.01 + 280 / count }
    case 'k-fold':
      return { package: 'scikit-learn', name: 'StratifiedGroupKFold', tolerance: 0 }
    case 'auc':
      return { package: 'scikit-learn', name: 'roc_auc_score', tolerance: 1e-6 }
    case 'roc-curve':
      return { package: 'scikit-learn', name: 'roc_curve', tolerance: 1e-6 }
    case 'average-precision':
      return { package: 'scikit-learn', name: 'average_precision_score', tolerance: 1e-6 }
    case 'delong':
    case 'delong-test':
      // Neither package has DeLong: midranks by rankdata, as Sun and Xu 2014.
      return { package: 'SciPy', name: 'stats.rankdata, NumPy', tolerance: 1e-5 }
    default:
      return undefined
  }
}
