import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expandDims, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRRDBGenerator, saveGenerator } from '../../src/esrgan/index.js'
import { imageToTensor } from '../../src/image.js'
import { writeImage } from '../../src/node/index.js'
import { superResolvedInput } from '../../src/pipeline/index.js'
import {
  createSiamese,
  createSupportSet,
  embedImages,
  predictSiamese,
  saveSiamese,
  type SaveSiameseOptions,
} from '../../src/siamese/index.js'
import { madeUpImage } from '../figures/madeUp.js'
import { useBackend } from '../helpers/backend.js'
import { cli, inFolder } from './helpers.js'

beforeAll(() => useBackend('wasm'))

/** A folder with a generator, images `0.png` to `3.png`, and what a network answers of them. */
async function inModel(
  body: (model: {
    folder: string
    images: readonly string[]
    probabilities: Float64Array
    /** Writes the network with the four images as references. */
    save: (options?: Omit<SaveSiameseOptions, 'support'> & { withSupport?: boolean }) => Promise<void>
  }) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    using generator = createRRDBGenerator({ blocks: 1, features: 4, growth: 2, bicubicSkip: true })
    await writeFile(join(folder, 'generator.safetensors'), await saveGenerator(generator))
    using network = createSiamese({ inputShape: [32, 32, 3], widths: [4], embeddingSize: 3 })
    const pictures = [0, 1, 2, 3].map((seed) => madeUpImage(12, 10, seed))
    const images = pictures.map((_, i) => join(folder, `${i}.png`))
    for (const [i, picture] of pictures.entries()) await writeImage(images[i]!, picture)
    const all = {
      count: 4,
      batchSize: 1,
      images: async (indices: ArrayLike<number>): Promise<Tensor4D> => {
        const input = await superResolvedInput(generator, pictures[indices[0]!]!, 8, { resize: 'bilinear' })
        return tidy(() => expandDims<Tensor4D>(imageToTensor(input)))
      },
    }
    const set = createSupportSet({
      embeddings: await embedImages(network, all),
      embeddingSize: 3,
      labels: [0, 1, 1, 0],
      ids: ['zero', 'one\u001b[31m', 'two', 'three'],
    })
    await body({
      folder,
      images,
      probabilities: await predictSiamese(network, all),
      save: async ({ withSupport = true, ...options } = {}) =>
        await writeFile(
          join(folder, 'siamese.safetensors'),
          await saveSiamese(network, { ...options, ...(withSupport ? { support: { set, k: 1 } } : {}) }),
        ),
    })
  })
}

describe('predict', () => {
  it('names class, probability and nearest references, as text and as JSON', async () => {
    await inModel(async ({ folder, images, probabilities, save }) => {
      await save()
      const json = await cli(['predict', ...images, '--model', folder, '--threads', '1', '--json'])
      expect(json).toMatchObject({ code: 0 })
      const results = JSON.parse(json.stdout) as { nearest: { id: string; class: string; distance: number }[] }[]
      expect(results).toMatchObject(
        images.map((image, i) => ({
          image,
          class: probabilities[i]! >= 0.5 ? 'malignant' : 'benign',
          probability: expect.closeTo(probabilities[i]!, 6),
          head: 'sigmoid',
          threshold: 0.5,
        })),
      )
      const nearest = results.map(({ nearest: found }) => found)
      expect(nearest.map((found) => found.length)).toEqual([3, 3, 3, 3])
      // Each image is its own nearest reference.
      expect(nearest.map(([first]) => first!.id)).toEqual(['zero', 'one\u001b[31m', 'two', 'three'])
      expect(nearest.map(([first]) => first!.class)).toEqual(['benign', 'malignant', 'malignant', 'benign'])
      nearest.forEach(([first]) => expect(first!.distance).toBeCloseTo(0, 5))

      const text = await cli(['predict', images[1]!, '--model', folder, '--threads', '1', '--nearest', '1'])
      const [first, second, ...rest] = text.stdout.split('\n')
      expect(first).toBe(
        `${images[1]}\t${probabilities[1]! >= 0.5 ? 'malignant' : 'benign'}\t${probabilities[1]!.toFixed(4)}`,
      )
      // Names of references come from a file: no escape sequence reaches the terminal.
      expect(second).toBe('\tmalignant\t0.0000\tone\\x1b[31m')
      expect(rest).toEqual([''])
    })
  })

  it('answers by the head and the threshold of the file', async () => {
    await inModel(async ({ folder, images, probabilities, save }) => {
      const answer = async (): Promise<{ class: string }[]> =>
        JSON.parse((await cli(['predict', ...images, '--model', folder, '--threads', '1', '--json'])).stdout) as {
          class: string
        }[]
      await save({ head: 'support' })
      expect(await answer()).toMatchObject(
        [0, 1, 1, 0].map((score) => ({ head: 'support', score, class: score === 1 ? 'malignant' : 'benign' })),
      )
      // Of the four probabilities the second highest.
      const threshold = probabilities.toSorted().at(-2)! - 1e-6
      await save({ threshold, withSupport: false })
      const byThreshold = await answer()
      expect(byThreshold.filter(({ class: name }) => name === 'malignant')).toHaveLength(2)
      expect(byThreshold).toMatchObject(images.map(() => ({ threshold, nearest: [] })))
      await save({ head: 'pair', pairHead: { scale: 1, threshold: 1 } })
      expect(await cli(['predict', ...images, '--model', folder, '--threads', '1'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('siamese.safetensors: verifies pairs of images'),
      })
    })
  })
})
