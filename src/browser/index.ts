/**
 * What needs a browser: the pixels of image files that a user chose or that are fetched, and sources of them. The counterpart of
 * `esrgan-scnn/node`; works in pages and in workers.
 *
 * @packageDocumentation
 */
export type { ReadImageOptions } from '../data/imageLimits.js'
export { browserBreaKHis, type BrowserBreaKHisOptions } from './browserBreaKHis.js'
export type { BlobLike, BrowserFile, BrowserFileOptions, FileLike } from './browserFile.js'
export { browserImages, type BrowserImageEntry, type BrowserImagesOptions } from './browserImages.js'
export { decodeImage } from './decodeImage.js'
export { fromImageData, toImageData, type ImageDataLike } from './imageData.js'
