import { matMul, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core'
import type { SiameseNetwork } from './network.js'

/**
 * The rows of `x` at the given places, in that order, any of them several times: a product with rows of zeros and a one, whose
 * gradient is a product again and adds up in the same order each time. The caller disposes it.
 */
export function selectRows(x: Tensor2D, places: ArrayLike<number>): Tensor2D {
  return tidy(() => {
    const [rows] = x.shape
    const ones = new Float32Array(places.length * rows)
    for (let k = 0; k < places.length; k++) ones[k * rows + places[k]!] = 1
    return matMul(tensor2d(ones, [places.length, rows]), x)
  })
}

/** The network's distance of every two embeddings `[n, embeddingSize]`: `n x n` numbers, row by row, 0 with itself. */
export async function distancesOf(network: SiameseNetwork, embeddings: Tensor2D): Promise<Float32Array> {
  const [n] = embeddings.shape
  const a: number[] = []
  const b: number[] = []
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      a.push(i)
      b.push(j)
    }
  }
  const matrix = new Float32Array(n * n)
  if (a.length === 0) return matrix
  const distance = tidy(() => network.distance(selectRows(embeddings, a), selectRows(embeddings, b)))
  const values = await distance.data()
  distance.dispose()
  values.forEach((value, k) => {
    matrix[a[k]! * n + b[k]!] = value
    matrix[b[k]! * n + a[k]!] = value
  })
  return matrix
}
