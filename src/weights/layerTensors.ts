import { WeightsError } from '../errors.js'
import { openContainers } from './containers.js'
import { convKernelToHWIO, denseKernelToIO, type FlattenedImage } from './layouts.js'
import { toFloat32 } from './safetensors.js'
import type { NamedTensor } from './tensors.js'
import type { StoredTensor, WeightsFile } from './weightsFile.js'

/** A stored tensor of a layer, under PyTorch's name and with PyTorch's shape, whatever the file's convention. */
export interface LayerTensor extends StoredTensor {
  /** The order of the stored values: PyTorch's `[out, in, height, width]` and `[out, in]`, or Keras' `[height, width, in, out]` and `[in, out]`. */
  readonly layout: 'pytorch' | 'keras'
}

/** Keras' names of a layer's variables, of old versions too, and PyTorch's. */
const kerasParts: Readonly<Record<string, string>> = {
  kernel: 'weight',
  W: 'weight',
  bias: 'bias',
  b: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
}
const kerasPart = new RegExp(`^(?:(.+)_)?(${Object.keys(kerasParts).join('|')})(?:_\\d+)?(?::\\d+)?$`)

/** `block1_conv1/kernel`, `…/block1_conv1/block1_conv1/kernel:0` and `block1_conv1/block1_conv1_W_1:0` as `block1_conv1.weight`. */
function fromKeras(name: string): string | undefined {
  const path = name.split('/')
  if (path.length < 2) return undefined
  const found = kerasPart.exec(path.at(-1)!)
  return found === null ? undefined : `${found[1] ?? path.at(-2)!}.${kerasParts[found[2]!]}`
}

function pytorchShape(shape: readonly number[]): readonly number[] {
  const [a, b, c, d] = shape
  if (shape.length === 4) return [d!, c!, a!, b!]
  return shape.length === 2 ? [b!, a!] : shape
}

/**
 * The tensors of a file by PyTorch's names for them (`conv_first.weight`, `bn0_1.running_mean`): containers are opened
 * ({@link openContainers}), and Keras' names (`conv_first/kernel`, `bn0_1/moving_mean`) turned.
 *
 * @throws WeightsError when two names become one
 */
export function layerTensors({ tensors }: WeightsFile, source: string): Map<string, LayerTensor> {
  const layers = new Map<string, LayerTensor>()
  for (const [name, tensor] of openContainers(tensors)) {
    const turned = fromKeras(name)
    const layer: LayerTensor =
      turned === undefined
        ? { ...tensor, layout: 'pytorch' }
        : { ...tensor, shape: pytorchShape(tensor.shape), layout: 'keras' }
    const key = turned ?? name
    if (layers.has(key)) throw new WeightsError(source, `two tensors are named ${key}`)
    layers.set(key, layer)
  }
  return layers
}

/**
 * Refuses integers among the named tensors, which have to be there: quantised weights mean nothing without their scale,
 * which these formats do not keep.
 *
 * @throws WeightsError naming the first one
 */
export function requireFloats(layers: ReadonlyMap<string, LayerTensor>, names: Iterable<string>, source: string): void {
  for (const name of names) {
    const { dtype } = layers.get(name)!
    if (!/^B?F\d/.test(dtype))
      throw new WeightsError(source, `${name} is of ${dtype}: weights are floating-point numbers`)
  }
}

/**
 * The values of a layer's tensor in tfjs's layout, which is Keras': `[height, width, in, out]`, `[in, out]`.
 *
 * @param flattened for a dense layer that reads a flattened image: the image (see {@link denseKernelToIO})
 */
export function toKerasLayout(tensor: LayerTensor, flattened?: FlattenedImage): NamedTensor {
  const { shape, layout } = tensor
  const data = toFloat32(tensor)
  if (layout === 'pytorch') {
    if (shape.length === 4) return convKernelToHWIO({ shape, data })
    return shape.length === 2 ? denseKernelToIO({ shape, data }, flattened) : { shape, data }
  }
  const [a, b, c, d] = shape
  if (shape.length === 4) return { shape: [c!, d!, b!, a!], data }
  return shape.length === 2 ? { shape: [b!, a!], data } : { shape, data }
}
