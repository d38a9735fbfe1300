import { add, conv2d, keep, mul, tensor, tidy, type io } from '@tensorflow/tfjs-core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { loadLayersModel, model as createModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { convolution, leakyRelu, maxPool2x2 } from '../backend/index.js'
import { ArgumentError, WeightsError } from '../errors.js'
import type { FeatureConvolution, FeatureExtractor } from '../losses/index.js'
import { openWeights, type WeightsSource } from './storage.js'
import { normalisation, type Step, type VGGInput } from './vggInput.js'
import { readVGGInput, readVGGWeights, vggKey } from './vggWeights.js'

/** Settings of {@link loadVGGFeatures}. */
export interface VGGFeaturesOptions {
  /** The layer whose features are used, before its activation; default `block5_conv4` (torchvision's `features[34]`, conv5_4). */
  readonly layer?: string
  /**
   * The input the weights were trained on; default what the file says (as this package writes it), else `torchvision` for
   * torchvision's names and `caffe` for Keras'.
   */
  readonly input?: VGGInput
  /**
   * A factor on the features; default 1. Caffe weights read values of 0 to 255, and their features are larger in
   * proportion: SRGAN (Ledig et al. 2017) used 1/12.75 with them. ESRGAN's weights of the loss terms belong to
   * torchvision's scale.
   */
  readonly featureScale?: number
  /** What error messages call weights that are given as such; default `VGG weights`. */
  readonly source?: string
}

/** A frozen part of a classification network. */
export interface VGGFeatures extends FeatureExtractor {
  /** The number of weights up to the chosen layer. */
  readonly parameterCount: number
}

type Layer = ReturnType<LayersModel['getLayer']>

/** The layers from the input (left out) to `layer`, as far back as each has a single input; `root` is where that ends. */
function chainTo(layer: Layer): { chain: Layer[]; root: Layer | undefined } {
  const chain: Layer[] = []
  let current = layer
  for (;;) {
    const inputs = current.inboundNodes[0]?.inboundLayers ?? []
    if (inputs.length === 0) return { chain, root: current.getClassName() === 'InputLayer' ? undefined : current }
    if (inputs.length > 1) return { chain, root: current }
    chain.unshift(current)
    current = inputs[0]!
  }
}

/** A convolution of the model as a plain function over frozen copies of its weights (which share the model's memory). */
function rebuildConvolution(layer: Layer, activation: 'linear' | 'relu', frozen: Tensor[]): Step {
  const { strides, padding, dilationRate } = layer.getConfig() as {
    strides: [number, number]
    padding: 'same' | 'valid'
    dilationRate: [number, number]
  }
  const [kernel, bias] = layer.getWeights().map((weight) => {
    const copy = keep(weight.clone())
    frozen.push(copy)
    return copy
  })
  const [stride, isPlain] = [strides[0], strides[0] === strides[1] && dilationRate.every((n) => n === 1)]
  if (bias !== undefined && isPlain) {
    const options = { stride, pad: padding, ...(activation === 'relu' ? { slope: 0 } : {}) }
    return (x) => convolution(x, kernel as Tensor4D, bias as Tensor1D, options)
  }
  return (x) => {
    const y = conv2d(x, kernel as Tensor4D, strides, padding, 'NHWC', dilationRate)
    const z = bias === undefined ? y : (add(y, bias as Tensor1D) as Tensor4D)
    return activation === 'relu' ? leakyRelu(z, 0) : z
  }
}

/** One layer as a function, or undefined where it has to be applied as it is. */
function rebuild(layer: Layer, isTarget: boolean, frozen: Tensor[]): Step | undefined {
  const config = layer.getConfig()
  if (layer.getClassName() === 'Conv2D' && config['dataFormat'] !== 'channelsFirst') {
    const activation = isTarget ? 'linear' : (config['activation'] ?? 'linear')
    if (activation === 'linear' || activation === 'relu') return rebuildConvolution(layer, activation, frozen)
  }
  if (layer.getClassName() === 'MaxPooling2D') {
    const { poolSize, strides, padding } = config as { poolSize: number[]; strides: number[]; padding: string }
    if ([...poolSize, ...strides].every((n) => n === 2) && padding === 'valid') return maxPool2x2
  }
  return undefined
}

/** The input that a model's metadata name. */
function savedInput(network: LayersModel): VGGInput | undefined {
  const text = (network.getUserDefinedMetadata() as Record<string, unknown> | null | undefined)?.[vggKey]
  if (typeof text !== 'string') return undefined
  return readVGGInput({ [vggKey]: text }, network.name)
}

function isLayersModel(source: unknown): source is LayersModel {
  return typeof source === 'object' && source !== null && 'getLayer' in source
}

function isWeights(source: unknown): source is WeightsSource {
  return source instanceof Uint8Array || (typeof source === 'object' && source !== null && 'tensors' in source)
}

async function load(source: io.IOHandler | string): Promise<LayersModel> {
  try {
    return await loadLayersModel(source)
  } catch (error) {
    const name = typeof source === 'string' ? source : 'the feature network'
    throw new WeightsError(name, `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** How an extractor's `description` begins to tell its input and scale. */
const described = (input: VGGInput, featureScale: number): string =>
  `${typeof input === 'function' ? 'input by the caller' : `${input} input`}${featureScale === 1 ? '' : `, times ${featureScale}`}`

type Settings = Required<Pick<VGGFeaturesOptions, 'layer' | 'featureScale'>> & Pick<VGGFeaturesOptions, 'input'>

/** {@link loadVGGFeatures} from weights alone. */
function featuresOfWeights(weights: WeightsSource, source: string, settings: Settings): VGGFeatures {
  const { layer, featureScale } = settings
  const { config, weights: arrays } = readVGGWeights(openWeights(weights, source), source, layer)
  const input = settings.input ?? config.input
  const normalise = normalisation(input)
  const frozen: Tensor[] = []
  const steps: Step[] = []
  const convolutions: FeatureConvolution[] = []
  let halvings = 0
  for (const name of config.layers) {
    const block = Number(/^block(\d+)/.exec(name)![1])
    if (block > halvings + 1) {
      steps.push(maxPool2x2)
      halvings++
    }
    const [kernel, bias] = ['weight', 'bias'].map((part) => {
      const { data, shape } = arrays.get(`${name}.${part}`)!
      const each: Tensor = tensor(data, [...shape], 'float32')
      return keep(each)
    }) as [Tensor4D, Tensor1D]
    frozen.push(kernel, bias)
    convolutions.push({ inputs: kernel.shape[2], outputs: kernel.shape[3], halvings })
    steps.push((x) => convolution(x, kernel, bias, name === layer ? {} : { slope: 0 }))
  }
  const name = config.layers.includes('block3_conv4') ? 'vgg19' : 'vgg'
  return {
    name,
    description: `${layer} of ${name}, before its activation, ${described(input, featureScale)}`,
    parameterCount: frozen.reduce((sum, { size }) => sum + size, 0),
    convolutions,
    apply: (images) =>
      tidy(() => {
        let x = normalise.apply(images)
        for (const step of steps) x = step(x)
        return featureScale === 1 ? x : mul(x, featureScale)
      }),
    dispose: () => {
      for (const each of [...frozen, ...normalise.constants]) if (!each.isDisposed) each.dispose()
    },
  }
}

/**
 * A frozen feature extractor for the perceptual loss: the named layer of a VGG network or of a tfjs layers model, **before**
 * its activation, also where the activation is part of the layer. Convolutions and 2x2 max-pools are rebuilt from the
 * weights, so that their gradients are right on every backend; other layers of a model are applied as they are, in
 * inference mode.
 *
 * @param source weights of VGG (torchvision's or Keras' names; see `loadGenerator` for the formats), as far as the layer
 * needs them; or a tfjs `LayersModel` (borrowed: dispose it yourself, after the extractor), an `IOHandler`, or a URL.
 * Any model works whose layer has that name and four-dimensional output. Note what the weights ask for as `input`.
 * @returns an extractor that the caller disposes. VGG19 up to conv5_4 has 20,024,384 parameters.
 * @throws ArgumentError when there is no such layer, naming those there are
 * @throws WeightsError when the weights cannot be loaded, or a layer between is missing
 */
export async function loadVGGFeatures(
  source: WeightsSource | LayersModel | io.IOHandler | string,
  { layer = 'block5_conv4', input: given, featureScale = 1, source: title = 'VGG weights' }: VGGFeaturesOptions = {},
): Promise<VGGFeatures> {
  if (!Number.isFinite(featureScale) || featureScale <= 0) {
    throw new ArgumentError('options.featureScale', 'be a finite number > 0', featureScale)
  }
  if (isWeights(source)) {
    return featuresOfWeights(source, title, { layer, featureScale, ...(given === undefined ? {} : { input: given }) })
  }
  const isBorrowed = isLayersModel(source)
  const network = isBorrowed ? source : await load(source)
  const frozen: Tensor[] = []
  let constants: Tensor[] = []
  let isModelNeeded = false
  const dispose = (): void => {
    for (const weight of [...frozen, ...constants]) if (!weight.isDisposed) weight.dispose()
    if (!isBorrowed && isModelNeeded) network.dispose()
    isModelNeeded = false
  }
  try {
    const target = network.layers.find(({ name }) => name === layer)
    if (target === undefined) {
      throw new ArgumentError('options.layer', `be one of ${network.layers.map(({ name }) => name).join(', ')}`, layer)
    }
    const input = given ?? savedInput(network) ?? 'caffe'
    const normalise = normalisation(input)
    constants = normalise.constants
    const { chain, root } = chainTo(target)
    const steps: Step[] = []
    const convolutions: FeatureConvolution[] = []
    let halvings = 0
    let parameterCount = 0
    if (root !== undefined) {
      // Branches: everything up to the point where they join is applied as a model.
      const trunk = createModel({ inputs: network.inputs, outputs: root.output })
      parameterCount += trunk.countParams()
      isModelNeeded = true
      steps.push((x) => trunk.apply(x, { training: false }) as Tensor4D)
    }
    for (const each of chain) {
      parameterCount += each.countParams()
      const step = rebuild(each, each === target, frozen)
      if (step === undefined) isModelNeeded = true
      if (step === maxPool2x2) halvings++
      const [kernel] = each.getClassName() === 'Conv2D' ? each.getWeights() : []
      if (kernel !== undefined) convolutions.push({ inputs: kernel.shape[2]!, outputs: kernel.shape[3]!, halvings })
      steps.push(step ?? ((x) => each.apply(x, { training: false }) as Tensor4D))
    }
    if (!isBorrowed && !isModelNeeded) network.dispose()
    return {
      // Only VGG19 has a fourth convolution in its third block (Keras' names).
      name: network.layers.some(({ name }) => name === 'block3_conv4') ? 'vgg19' : network.name,
      description: `${layer} of ${network.name}, before its activation, ${described(input, featureScale)}`,
      parameterCount,
      ...(root === undefined ? { convolutions } : {}),
      apply: (images) =>
        tidy(() => {
          let x = normalise.apply(images)
          for (const step of steps) x = step(x)
          return featureScale === 1 ? x : mul(x, featureScale)
        }),
      dispose,
    }
  } catch (error) {
    if (!isBorrowed) isModelNeeded = true
    dispose()
    throw error
  }
}
