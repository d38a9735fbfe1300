import { add, conv2d, keep, mul, reverse, sub, tensor1d, tidy, type io } from '@tensorflow/tfjs-core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { loadLayersModel, model as createModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { convolution, leakyRelu, maxPool2x2 } from '../backend/index.js'
import { ArgumentError, WeightsError } from '../errors.js'
import type { FeatureConvolution, FeatureExtractor } from '../losses/index.js'

/**
 * How RGB images in [0, 1] become the network's input. `caffe` (Keras' VGG19): BGR, 0 to 255, minus
 * (103.939, 116.779, 123.68). `torchvision`: RGB, minus (.485, .456, .406), over (.229, .224, .225). Or a function of
 * the images; what it allocates is disposed for it.
 */
export type VGGInput = 'caffe' | 'torchvision' | ((images: Tensor4D) => Tensor4D)

/** Settings of {@link loadVGGFeatures}. */
export interface VGGFeaturesOptions {
  /** The layer whose features are used, before its activation; default `block5_conv4` (torchvision's `features[34]`, conv5_4). */
  readonly layer?: string
  /** The input the weights were trained on; default `caffe`. */
  readonly input?: VGGInput
  /**
   * A factor on the features; default 1. Caffe weights read values of 0 to 255, and their features are larger in
   * proportion: SRGAN (Ledig et al. 2017) used 1/12.75 with them. ESRGAN's weights of the loss terms belong to
   * torchvision's scale.
   */
  readonly featureScale?: number
}

/** A frozen part of a classification network. */
export interface VGGFeatures extends FeatureExtractor {
  /** The number of weights up to the chosen layer. */
  readonly parameterCount: number
}

type Layer = ReturnType<LayersModel['getLayer']>
type Step = (x: Tensor4D) => Tensor4D

const deviations = [0.229, 0.224, 0.225]

/** The input normalisation as one function of RGB images in [0, 1]; its constants are kept until disposed. */
function normalisation(input: VGGInput): { apply: Step; constants: Tensor[] } {
  if (typeof input === 'function') return { apply: input, constants: [] }
  if (input === 'caffe') {
    const means = keep(tensor1d([103.939, 116.779, 123.68]))
    return { apply: (images) => sub(reverse(mul(images, 255), 3), means) as Tensor4D, constants: [means] }
  }
  if (input === 'torchvision') {
    const scale = keep(tensor1d(deviations.map((deviation) => 1 / deviation)))
    const shift = keep(tensor1d([0.485, 0.456, 0.406].map((mean, i) => mean / deviations[i]!)))
    return { apply: (images) => sub(mul(images, scale), shift) as Tensor4D, constants: [scale, shift] }
  }
  throw new ArgumentError('options.input', "be 'caffe', 'torchvision' or a function", input)
}

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

function isLayersModel(source: unknown): source is LayersModel {
  return typeof source === 'object' && source !== null && 'getLayer' in source
}

async function load(source: io.IOHandler | string): Promise<LayersModel> {
  try {
    return await loadLayersModel(source)
  } catch (error) {
    const name = typeof source === 'string' ? source : 'the feature network'
    throw new WeightsError(name, `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * A frozen feature extractor for the perceptual loss: the named layer of a tfjs layers model, **before** its
 * activation, also where the activation is part of the layer. Convolutions and 2x2 max-pools are rebuilt from the
 * model's weights, so that their gradients are right on every backend; other layers are applied as they are, in
 * inference mode.
 *
 * @param source a tfjs `LayersModel` (borrowed: dispose it yourself, after the extractor), an `IOHandler`, or a URL.
 * Any model works whose layer has that name and four-dimensional output. Note what the weights ask for as `input`.
 * @returns an extractor that the caller disposes. VGG19 up to conv5_4 has 20,024,384 parameters.
 * @throws ArgumentError when the model has no such layer, naming those it has
 * @throws WeightsError when the model cannot be loaded
 */
export async function loadVGGFeatures(
  source: LayersModel | io.IOHandler | string,
  { layer = 'block5_conv4', input = 'caffe', featureScale = 1 }: VGGFeaturesOptions = {},
): Promise<VGGFeatures> {
  if (!Number.isFinite(featureScale) || featureScale <= 0) {
    throw new ArgumentError('options.featureScale', 'be a finite number > 0', featureScale)
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
    const described = typeof input === 'function' ? 'input by the caller' : `${input} input`
    return {
      // Only VGG19 has a fourth convolution in its third block (Keras' names).
      name: network.layers.some(({ name }) => name === 'block3_conv4') ? 'vgg19' : network.name,
      description: `${layer} of ${network.name}, before its activation, ${described}${featureScale === 1 ? '' : `, times ${featureScale}`}`,
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
