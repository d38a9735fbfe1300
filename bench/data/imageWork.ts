import { readFile } from 'node:fs/promises'
import { dispose, expandDims, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import {
  augment,
  augmentationMatrix,
  drawAugmentation,
  resizeBicubic,
  syntheticHistology,
} from '../../src/data/index.js'
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
    case 'augment':
      return augmentWork(spec, folder)
    case 'bicubic':
      return bicubicWork(spec, folder)
    case 'draw':
      return drawWork(spec)
  }
}
