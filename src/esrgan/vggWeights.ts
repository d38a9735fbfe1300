import { ArgumentError, WeightsError } from '../errors.js'
import type { NamedTensor, WeightsFile } from '../weights/index.js'
import { layerTensors, requireFloats, toKerasLayout, type LayerTensor } from '../weights/layerTensors.js'
import { beginningOf, readMetadata, type StoredVGG } from './storedNetwork.js'

/** The metadata key that keeps the input the weights were trained on. */
export const vggKey = 'esrgan-scnn.vgg'

/** The input that a file's metadata name, if they do. */
export function readVGGInput(
  metadata: Readonly<Record<string, string>>,
  source: string,
): 'caffe' | 'torchvision' | undefined {
  return readMetadata<{ input: 'caffe' | 'torchvision' }>(
    metadata,
    vggKey,
    ({ input }) => input === 'caffe' || input === 'torchvision',
    source,
  )?.input
}

/** A convolution of VGG's, in torchvision's and in Keras' numbering. */
interface Place {
  /** Where it stands in torchvision's `features`. */
  readonly index: number
  readonly block: number
  readonly conv: number
}

const nameOf = ({ block, conv }: Place): string => `block${block}_conv${conv}`

/**
 * Torchvision numbers every layer: a convolution and its ReLU take two numbers, a max-pool one more. So the numbers of
 * the convolutions tell where the pools are, and where a layer is missing.
 */
function placesByIndex(indices: readonly number[], source: string): Place[] {
  const places: Place[] = []
  let expected = 0
  for (const index of indices.toSorted((a, b) => a - b)) {
    const last = places.at(-1)
    const isNewBlock = last !== undefined && index === expected + 1
    if (index !== expected && !isNewBlock) {
      throw new WeightsError(
        source,
        `features.${index} follows ${last === undefined ? 'nothing' : `features.${last.index}`}: a layer of VGG is missing`,
      )
    }
    const block = last === undefined ? 1 : last.block + (isNewBlock ? 1 : 0)
    places.push({ index, block, conv: isNewBlock || last === undefined ? 1 : last.conv + 1 })
    expected = index + 2
  }
  return places
}

/** Keras numbers blocks, between which there is a max-pool, and the convolutions in each. */
function placesByBlock(numbers: readonly (readonly [number, number])[], source: string): Place[] {
  const places: Place[] = []
  for (const [block, conv] of numbers.toSorted(([a, i], [b, j]) => a - b || i - j)) {
    const last = places.at(-1) ?? { index: -2, block: 1, conv: 0 }
    const isNext = block === last.block && conv === last.conv + 1
    const isNewBlock = block === last.block + 1 && conv === 1 && places.length > 0
    if (!isNext && !isNewBlock) {
      const before = places.length === 0 ? 'nothing' : nameOf(last)
      throw new WeightsError(source, `block${block}_conv${conv} follows ${before}: a layer of VGG is missing`)
    }
    places.push({ index: last.index + (isNewBlock ? 3 : 2), block, conv })
  }
  return places
}

const torchvisionName = /^features\.(\d{1,3})\.weight$/
const kerasName = /^block(\d{1,2})_conv(\d{1,2})\.weight$/

/** Whether these look like the weights of a VGG network. */
export const looksLikeVGG = (layers: ReadonlyMap<string, unknown>): boolean =>
  layers.has('features.0.weight') || layers.has('block1_conv1.weight')

/** The name of a convolution in torchvision's numbering, by Keras' names of all. */
export function torchvisionNames(layers: readonly string[]): Map<string, string> {
  const numbers = layers.map((name) => kerasName.exec(`${name}.weight`)!.slice(1).map(Number) as [number, number])
  return new Map(placesByBlock(numbers, 'VGG').map((place) => [nameOf(place), `features.${place.index}`]))
}

/** Kernel and bias, after checking that they continue the chain. */
function readLayer(
  layers: ReadonlyMap<string, LayerTensor>,
  stored: string,
  inputs: number,
  source: string,
): { weight: NamedTensor; bias: NamedTensor } {
  const kernel = layers.get(`${stored}.weight`)!
  const bias = layers.get(`${stored}.bias`)
  const [outputs = 0] = kernel.shape
  if (outputs < 1 || kernel.shape.join() !== [outputs, inputs, 3, 3].join()) {
    const found = kernel.shape.join(', ')
    throw new WeightsError(source, `${stored}.weight is [${found}], not [out, ${inputs}, 3, 3]: no layer of VGG here`)
  }
  if (bias?.shape.join() !== `${outputs}`) {
    const found = bias === undefined ? 'missing' : `[${bias.shape.join(', ')}]`
    throw new WeightsError(source, `${stored}.bias is ${found}, ${stored}.weight asks for [${outputs}]`)
  }
  requireFloats(layers, [`${stored}.weight`, `${stored}.bias`], source)
  return { weight: toKerasLayout(kernel), bias: toKerasLayout(bias) }
}

/**
 * The convolutions of a VGG network (11, 13, 16 or 19, without batch normalisation) from the tensors of a file with
 * torchvision's names (`features.0.weight`) or Keras' (`block1_conv1/…`), as far as the file has them from the first one on; the
 * classifier is left out.
 *
 * @param last Keras' name of the last layer that is wanted; what follows is not even converted. Default all.
 * @throws WeightsError when a layer between is missing, or has another shape
 * @throws ArgumentError when there is no layer `last`, naming those there are
 */
export function readVGGWeights(file: WeightsFile, source: string, last?: string): StoredVGG {
  const layers = layerTensors(file, source)
  const names = [...layers.keys()]
  const byIndex = names.flatMap((name) => torchvisionName.exec(name)?.[1] ?? []).map(Number)
  const byBlock = names.flatMap((name) => {
    const found = kerasName.exec(name)
    return found === null ? [] : [[Number(found[1]), Number(found[2])] as const]
  })
  const isTorchvision = byIndex.length > 0
  if (isTorchvision && names.some((name) => /^features\.\d+\.running_mean$/.test(name))) {
    throw new WeightsError(source, 'is a VGG network with batch normalisation; perceptual losses use the one without')
  }
  const places = isTorchvision ? placesByIndex(byIndex, source) : placesByBlock(byBlock, source)
  if (places.length === 0) {
    throw new WeightsError(
      source,
      `these are no weights of a VGG network (features.0.weight or block1_conv1/kernel); ${beginningOf(layers)}`,
    )
  }
  const at = last === undefined ? places.length - 1 : places.findIndex((place) => nameOf(place) === last)
  if (at === -1) throw new ArgumentError('options.layer', `be one of ${places.map(nameOf).join(', ')}`, last)
  const used = places.slice(0, at + 1)
  const weights = new Map<string, NamedTensor>()
  let inputs = 3
  for (const place of used) {
    const name = nameOf(place)
    const { weight, bias } = readLayer(layers, isTorchvision ? `features.${place.index}` : name, inputs, source)
    weights.set(`${name}.weight`, weight)
    weights.set(`${name}.bias`, bias)
    inputs = bias.data.length
  }
  const input = readVGGInput(file.metadata, source) ?? (isTorchvision ? 'torchvision' : 'caffe')
  return { kind: 'vgg', config: { input, layers: used.map(nameOf) }, weights }
}
