import { plain } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'

/** What each figure shows. */
export const figureCaptions: Readonly<Record<string, string>> = {
  roc: 'ROC curve of the test images (the paper’s Fig. 6)',
  'roc-magnifications': 'ROC curve of each magnification',
  'precision-recall': 'Precision and recall of the test images',
  confusion: 'Confusion matrices of the test images',
  calibration: 'Reliability: probabilities against the share of malignant images',
  embedding: 'Test images in the plane of the embedding’s two largest principal components',
  mistakes: 'The most confident wrong answers, beside their nearest training images',
  arms: 'Every run: accuracy and AUC with intervals by patient',
  panel: 'Held-out crops: low-resolution input, bicubic, ESRGAN, original',
  esrgan: 'ESRGAN’s losses per step',
  augmented: 'Augmented training images (the paper’s Fig. 1)',
  accuracy: 'Accuracy per epoch (the paper’s Fig. 4)',
  loss: 'Loss per epoch (the paper’s Fig. 5)',
}

/** The name of a figure's file: `roc` of `figures/roc.png`. */
export const figureName = (file: string): string => file.replace(/^.*\//, '').replace(/\.\w+$/, '')

/** A figure of the report with its caption, as a PNG file where there is one; nothing where the report has no such figure. */
export function figure({ figures }: PipelineReport, name: string): string | undefined {
  const files = figures.filter((file) => figureName(file) === name)
  const file = files.find((path) => path.endsWith('.png')) ?? files[0]
  if (file === undefined) return undefined
  const caption = figureCaptions[name] ?? plain(name)
  return `![${caption}](${encodeURI(file)})\\\n*${caption}*`
}
