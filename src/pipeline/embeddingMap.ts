import type { ImageRecord } from '../data/index.js'
import type { PipelineReport } from './reportTypes.js'

/**
 * The embeddings in the plane of their two first principal components, which point to where the largest loading is positive; null
 * where there is no such plane: fewer than two images or numbers in a row, or embeddings that are all equal.
 *
 * @param embeddings `[records.length * embeddingSize]`, row by row
 */
export async function embeddingMap(
  records: readonly ImageRecord[],
  embeddings: Float32Array,
  embeddingSize: number,
): Promise<PipelineReport['embedding']> {
  const rows = records.map((_, i) => Array.from(embeddings.subarray(i * embeddingSize, (i + 1) * embeddingSize)))
  const isConstant = rows.every((row) => row.every((value, k) => value === rows[0]![k]))
  if (rows.length < 2 || embeddingSize < 2 || isConstant) return null
  const { PCA } = await import('ml-pca')
  const pca = new PCA(rows, { center: true, scale: false })
  const signs = pca
    .getLoadings()
    .to2DArray()
    .slice(0, 2)
    .map((loading) => Math.sign(loading.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most))))
  const places = pca.predict(rows, { nComponents: 2 }).to2DArray()
  const [first = 0, second = 0] = pca.getExplainedVariance()
  return {
    explained: [first, second],
    points: records.map(({ id, patient, label }, i) => ({
      id,
      patient,
      label,
      x: places[i]![0]! * signs[0]!,
      y: places[i]![1]! * signs[1]!,
    })),
  }
}
