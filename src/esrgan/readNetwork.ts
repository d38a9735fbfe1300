import { WeightsError } from '../errors.js'
import { layerTensors } from '../weights/layerTensors.js'
import { looksLikeDiscriminator, readDiscriminatorWeights } from './discriminatorWeights.js'
import { looksLikeGenerator, readGeneratorWeights } from './generatorWeights.js'
import { openWeights, type WeightsSource } from './storage.js'
import { beginningOf, type StoredNetwork } from './storedNetwork.js'
import { looksLikeVGG, readVGGWeights } from './vggWeights.js'

/**
 * Recognises the network in a file of weights, by its names: an RRDB generator, a discriminator of BasicSR's, or VGG. No
 * backend is needed: the weights are plain arrays, in tfjs's layouts.
 *
 * @param weights see `loadGenerator`
 * @param options `source` is what error messages call the file; default `weights`
 * @throws WeightsError when it is none of them, or is one whose tensors do not fit together, listing every difference
 */
export function readNetwork(
  weights: WeightsSource,
  { source = 'weights' }: { readonly source?: string } = {},
): StoredNetwork {
  const file = openWeights(weights, source)
  const layers = layerTensors(file, source)
  if (looksLikeGenerator(layers)) return readGeneratorWeights(file, {}, source)
  if (looksLikeDiscriminator(layers)) return readDiscriminatorWeights(file, source)
  if (looksLikeVGG(layers)) return readVGGWeights(file, source)
  throw new WeightsError(
    source,
    `holds no RRDB generator, no discriminator of BasicSR's and no VGG network; ${beginningOf(layers)}`,
  )
}
