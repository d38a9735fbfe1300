import { WeightsError } from '../errors.js'
import type { FeatureExtractor } from '../losses/index.js'
import { readWeightsFile } from '../node/index.js'

/**
 * SRGAN's rescaling of VGG features (Ledig et al. 2017): weights trained on inputs of 0..255 give a perceptual loss that
 * would drown the other terms, whose weights belong to torchvision's scale.
 */
const caffeFeatureScale = 1 / 12.75

/** The features of the VGG19 of `--vgg`. */
export async function loadFeatures(file: string): Promise<FeatureExtractor> {
  const { loadVGGFeatures, readNetwork } = await import('../esrgan/index.js')
  try {
    const weights = await readWeightsFile(file)
    const network = readNetwork(weights, { source: file })
    const isCaffe = network.kind === 'vgg' && network.config.input === 'caffe'
    return await loadVGGFeatures(weights, { source: file, ...(isCaffe ? { featureScale: caffeFeatureScale } : {}) })
  } catch (error) {
    throw new WeightsError('--vgg', `no VGG19: ${(error as Error).message}`)
  }
}
