import { resizeImage, type ImageRecord, type ImageSource } from '../data/index.js'
import { toRGB, type PixelImage } from '../image.js'
import { nearestReferences } from '../siamese/index.js'
import type { ArmRun } from './armRun.js'
import type { PipelinePictures } from './reportTypes.js'

/** Mistakes shown, references of each, and the longer side of their pictures. */
const shown = 8
const references = 2
const largest = 224

/** An image, shrunk where it is large. */
async function thumbnail(source: ImageSource, record: ImageRecord): Promise<PixelImage> {
  const image = toRGB(await source.read(record))
  const factor = Math.min(1, largest / Math.max(image.width, image.height))
  if (factor === 1) return image
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * factor)))
  return resizeImage(image, { width: width!, height: height! })
}

/** The most confident wrong answers of a run's sigmoid head at threshold 0.5, each with the training images that lie nearest. */
export async function worstMistakes(
  source: ImageSource,
  { answers, support, embeddingSize }: ArmRun,
): Promise<PipelinePictures['mistakes']> {
  const { records, scores, embeddings } = answers.test
  const known = new Map(answers.learned.records.map((record) => [record.id, record]))
  const wrong = records
    .map((record, i) => ({ record, i, score: scores[i]! }))
    .filter(({ record, score }) => score >= 0.5 !== (record.label === 'malignant'))
    .sort((a, b) => Math.abs(b.score - 0.5) - Math.abs(a.score - 0.5) || a.i - b.i)
    .slice(0, shown)
  const pictures: PipelinePictures['mistakes'][number][] = []
  for (const { record, i, score } of wrong) {
    const row = embeddings.subarray(i * embeddingSize, (i + 1) * embeddingSize)
    const nearest: PipelinePictures['mistakes'][number]['nearest'][number][] = []
    const near = nearestReferences(support, row, Math.min(references, support.ids.length))[0]!
    for (const { id, distance } of near) {
      const reference = known.get(id)!
      const image = await thumbnail(source, reference)
      nearest.push({ caption: id, label: reference.label, distance, image })
    }
    const { id, label, patient } = record
    pictures.push({ caption: id, image: await thumbnail(source, record), label, score, patient, nearest })
  }
  return pictures
}
