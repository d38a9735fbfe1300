import type { PublishedResults, PublishedRow } from './reportTypes.js'

const row = (
  work: string,
  level: string,
  accuracies: readonly number[],
  deviations?: readonly number[],
): PublishedRow => {
  const at = (i: number): { accuracy: number; deviation?: number } =>
    deviations === undefined ? { accuracy: accuracies[i]! } : { accuracy: accuracies[i]!, deviation: deviations[i]! }
  return { work, level, accuracy: { '40': at(0), '100': at(1), '200': at(2), '400': at(3) } }
}

/**
 * What the paper reports (doi 10.1109/PRAI53619.2021.9551033): its headline and Table II, accuracy in % at
 * 40x / 100x / 200x / 400x. The level is ours: the paper does not state how each work split its images.
 */
export const publishedResults: PublishedResults = {
  loss: 0.0391,
  accuracy: 0.9887,
  auc: 0.9876,
  tableII: [
    row('PFTAS + SVM, Spanhol 2016', 'patient ?', [81.6, 79.9, 85.1, 82.3], [3.0, 5.4, 3.1, 3.8]),
    row('Multi-task CNN, Bayramoglu 2016', 'patient ?', [81.87, 83.39, 82.56, 80.69], [3.06, 5.17, 3.49, 4.23]),
    row('CNN + fusion, Spanhol 2016', 'image ?', [85.6, 83.5, 83.6, 80.8], [4.8, 3.9, 1.9, 3.0]),
    row('AlexNet + aug, Han 2017', 'image ?', [85.6, 83.5, 83.1, 80.8], [4.8, 3.9, 1.9, 3.0]),
    row('CSDCNN + aug, Han 2017', 'image ?', [95.8, 96.9, 96.7, 94.9], [3.1, 1.9, 2.0, 2.8]),
    row('ASSVM, Kahya 2017', '?', [94.97, 93.62, 94.54, 94.42]),
    row('IRRCNN, Alom 2018', 'image ?', [97.16, 96.84, 96.61, 95.78], [1.37, 1.34, 1.31, 1.44]),
    row('IRRCNN + aug, Alom 2018', 'image ?', [97.95, 97.57, 97.32, 97.36], [1.07, 1.05, 1.22, 1.02]),
    row('the paper', 'not stated', [98.87, 98.15, 97.92, 97.53]),
  ],
}
