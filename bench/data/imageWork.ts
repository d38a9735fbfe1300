import { readFile } from 'node:fs/promises'
import { dispose, expandDims, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import {
  augment,
  augmentationMatrix,
  drawAugmentation,
  imageSignature,
  resizeBicubic,
  streamBatches,
  syntheticHistology,
} from '../../src/data/index.js'
import { createSiamese, createSiameseTrainer } from '../../src/siamese/index.js'
import { imageToTensor } from '../../src/image.js'
import { decodeImage, readImage } from '../../src/node/index.js'
import { createRandom } from '../../src/random.js'
import type { ImagesSpec } from './dataRows.js'
import { numbers } from '../tensorFolder.js'
import type { DataWork } from './dataWork.js'
import { imageFiles } from './imageFiles.js'

/** Calls `each` for 0 .. count-1, at most `atOnce` of them at a time. */
async function inParallel(count: number, atOnce: number, each: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) await each(next++)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work))
}

/** Encoded bytes in memory to pixels, `threads` images at a time. */
async function decodeWork(spec: ImagesSpec, folder: string, threads: number): Promise<DataWork> {
  const { paths, about } = await imageFiles(spec, folder)
  const files = await Promise.all(paths.map((path) => readFile(path)))
  return {
    about,
    async result() {
      const { height, width, channels, data } = await decodeImage(files[0]!, paths[0]!)
      return numbers([height, width, channels], data)
    },
    run: () => inParallel(files.length, threads, (i) => decodeImage(files[i]!, paths[i]!)),
    dispose() {},
  }
}

/** Files to batches of 16 tensors, `threads` images decoded at a time, by `streamBatches`. */
async function streamWork(spec: ImagesSpec, folder: string, threads: number): Promise<DataWork> {
  const { source, about } = await imageFiles(spec, folder)
  const stream = streamBatches(source, source.records, { concurrency: threads })
  return {
    about,
    async result() {
      let count = 0
      let means = 0
      for await (const { images, records } of stream) {
        count += records.length
        const values = await images.data()
        let sum = 0
        for (const value of values) sum += value
        means += (sum * records.length) / values.length
      }
      return numbers([2], [count, means])
    },
    async run() {
      for await (const { records } of stream) if (records.length === 0) throw new Error('a batch is empty')
    },
    dispose() {},
  }
}

/**
 * An epoch of the Siamese network: files to batches of 16 images of 256x256 by `streamBatches`, each rotated and zoomed,
 * and a step on the 8 pairs of each. What `streamBatches` waits and works is the data's share.
 */
async function trainWork(spec: ImagesSpec, folder: string): Promise<DataWork> {
  const { source, about } = await imageFiles(spec, folder)
  const copies = source.records.map((record, i) => ({
    record,
    copy: 1,
    augmentation: drawAugmentation(createRandom(0, 'bench', 'train', i)),
  }))
  const side = Math.min(256, spec.height)
  const batchSize = Math.min(16, 2 * (spec.count >> 1))
  const stream = streamBatches(source, copies, { batchSize, size: side })
  const network = createSiamese({ inputShape: [side, side, 3], widths: [16, 32, 64, 128, 128] })
  let current: Tensor4D | undefined
  const labels = Array.from({ length: batchSize }, (_, i) => i % 2)
  const a = Array.from({ length: batchSize / 2 }, (_, i) => i)
  const b = a.map((i) => i + batchSize / 2)
  const trainer = createSiameseTrainer({ network, images: () => current!.clone(), labels, learningRate: 1e-4 })
  return {
    about,
    result: async () => undefined,
    async run() {
      for await (const { images, records } of stream) {
        current = images
        records.forEach(({ label }, i) => (labels[i] = label === 'malignant' ? 1 : 0))
        await trainer.train({ a, b, isSimilar: a.map((i) => Number(labels[i] === labels[i + batchSize / 2])) })
      }
    },
    dataSeconds: () => stream.time.waited + stream.time.worked,
    dispose() {
      trainer.dispose()
      network.dispose()
    },
  }
}

/** The paper's rotation and zoom of one image, as a tensor in [0, 1]. */
async function augmentWork(spec: ImagesSpec, folder: string): Promise<DataWork> {
  const { paths, about } = await imageFiles(spec, folder)
  const image = await readImage(paths[0]!)
  const images = tidy(() => expandDims<Tensor4D>(imageToTensor(image), 0))
  const [, height, width] = images.shape
  const augmentation = drawAugmentation(createRandom(0, 'bench', 'augment'))
  const compute = (): Tensor4D => augment(images, [augmentation])
  return {
    about,
    given: [
      ['image', images],
      ['matrix', numbers([2, 3], augmentationMatrix(augmentation, height, width))],
    ],
    async result() {
      const result = compute()
      const data = await result.data()
      result.dispose()
      return numbers(result.shape, data)
    },
    async run() {
      const result = compute()
      await result.data()
      result.dispose()
    },
    dispose: () => dispose(images),
  }
}

/** MATLAB's bicubic x1/4, as every low-resolution image is made. */
async function bicubicWork(spec: ImagesSpec, folder: string): Promise<DataWork> {
  const { paths, about } = await imageFiles(spec, folder)
  const image = await readImage(paths[0]!)
  return {
    about,
    async result() {
      const { height, width, channels, data } = resizeBicubic(image, { scale: 1 / 4 })
      return numbers([height, width, channels], data)
    },
    run: async () => void resizeBicubic(image, { scale: 1 / 4 }),
    dispose() {},
  }
}

/** What tells one picture from another: the hashes of the file and of the pixels, and the look. */
async function signatureWork(spec: ImagesSpec, folder: string): Promise<DataWork> {
  const { paths, about } = await imageFiles(spec, folder)
  const bytes = await readFile(paths[0]!)
  const image = await decodeImage(bytes, paths[0]!)
  return {
    about,
    result: async () => undefined,
    run: async () => void (await imageSignature('one', image, bytes)),
    dispose() {},
  }
}

/** Drawing synthetic histology. */
async function drawWork({ count, width, height }: ImagesSpec): Promise<DataWork> {
  const source = syntheticHistology({ patients: 2 * count, imagesPerPatient: 1, width, height })
  return {
    about: `synthetic images of ${width}x${height}`,
    result: async () => undefined,
    async run() {
      for (const record of source.records.slice(0, count)) await source.read(record)
    },
    dispose() {},
  }
}

/** What a row of images measures, ready to run; files that peers need too are written to `folder`. */
export async function createImageWork(spec: ImagesSpec, folder: string, threads: number): Promise<DataWork> {
  switch (spec.kind) {
    case 'decode-png':
    case 'decode-jpeg':
      return decodeWork(spec, folder, threads)
    case 'stream':
      return streamWork(spec, folder, threads)
    case 'train':
      return trainWork(spec, folder)
    case 'augment':
      return augmentWork(spec, folder)
    case 'bicubic':
      return bicubicWork(spec, folder)
    case 'signature':
      return signatureWork(spec, folder)
    case 'draw':
      return drawWork(spec)
  }
}
