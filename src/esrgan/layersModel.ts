import type { io } from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../training/index.js'
import { floatToHalf } from '../weights/index.js'

/** A layer as Keras' JSON has it. */
interface ModelLayer {
  readonly class_name: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly inbound_nodes: unknown
}

/** A layers model under construction: every method adds a layer of the given name and returns that name. */
export interface ModelBuilder {
  readonly layers: readonly ModelLayer[]
  add(kind: string, name: string, inputs: readonly string[], config?: Readonly<Record<string, unknown>>): string
  input(shape: readonly (number | null)[]): string
  convolution(name: string, input: string, options: ConvolutionLayer): string
  leakyRelu(name: string, input: string): string
}

/** What a convolution of a model needs to know. */
export interface ConvolutionLayer {
  readonly filters: number
  readonly size?: number
  readonly stride?: number
  readonly padding?: 'same' | 'valid'
  readonly bias?: boolean
  readonly activation?: 'linear' | 'relu'
  readonly trainable?: boolean
}

// The weights follow: nothing is drawn for them first.
const zeros = { class_name: 'Zeros', config: {} }

/** LeakyReLU's slope in every network of ESRGAN. */
const slope = 0.2

/** An empty model. */
export function createModelBuilder(): ModelBuilder {
  const layers: ModelLayer[] = []
  const add: ModelBuilder['add'] = (kind, name, inputs, config = {}) => {
    const nodes = inputs.length === 0 ? [] : [inputs.map((input) => [input, 0, 0, {}])]
    layers.push({ class_name: kind, name, config: { name, trainable: true, ...config }, inbound_nodes: nodes })
    return name
  }
  return {
    layers,
    add,
    input: (shape) =>
      add('InputLayer', 'input', [], { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false }),
    convolution: (
      name,
      input,
      { filters, size = 3, stride = 1, padding = 'same', bias = true, activation = 'linear', trainable = true },
    ) =>
      add('Conv2D', name, [input], {
        trainable,
        filters,
        kernel_size: [size, size],
        strides: [stride, stride],
        padding,
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        activation,
        use_bias: bias,
        kernel_initializer: zeros,
        bias_initializer: zeros,
      }),
    leakyRelu: (name, input) => add('LeakyReLU', name, [input], { alpha: slope }),
  }
}

/** How the weights of a model are stored. */
export interface LayersModelOptions {
  /** `F32` is exact (default); `F16` halves the files and rounds each value to nearest (tfjs's float16 quantisation). */
  readonly dtype?: 'F32' | 'F16'
}

/** PyTorch's names of a layer's variables by Keras'. */
const kerasParts: Readonly<Record<string, string>> = { running_mean: 'moving_mean', running_var: 'moving_variance' }

/** A variable's name in a layers model: `conv_first.weight` is `conv_first/kernel`, `bn0_1.weight` is `bn0_1/gamma`. */
function kerasName(name: string): string {
  const dot = name.lastIndexOf('.')
  const part = name.slice(dot + 1)
  const isNorm = /^bn\d+_\d+$/.test(name.slice(0, dot))
  const own = isNorm ? { weight: 'gamma', bias: 'beta' }[part] : { weight: 'kernel' }[part]
  return `${name.slice(0, dot)}/${own ?? kerasParts[part] ?? part}`
}

/** A finished model with its weights, in the form that tfjs's IO handlers take and `tf.loadLayersModel` reads. */
export function modelArtifacts(
  name: string,
  { layers }: ModelBuilder,
  weights: NamedTensors,
  metadata: Readonly<Record<string, string>>,
  { dtype = 'F32' }: LayersModelOptions,
): io.ModelArtifacts {
  const size = dtype === 'F16' ? 2 : 4
  const data = new ArrayBuffer([...weights.values()].reduce((sum, tensor) => sum + tensor.data.length * size, 0))
  const view = new DataView(data)
  let at = 0
  const weightSpecs = [...weights].map(([key, tensor]): io.WeightsManifestEntry => {
    for (const value of tensor.data) {
      if (dtype === 'F16') view.setUint16(at, floatToHalf(value), true)
      else view.setFloat32(at, value, true)
      at += size
    }
    const spec = { name: kerasName(key), shape: [...tensor.shape], dtype: 'float32' as const }
    return dtype === 'F16' ? { ...spec, quantization: { dtype: 'float16' } } : spec
  })
  const ends = [layers[0]!.name, layers.at(-1)!.name].map((layer) => [[layer, 0, 0]])
  const config = { name, layers, input_layers: ends[0], output_layers: ends[1] }
  return {
    format: 'layers-model',
    generatedBy: 'esrgan-scnn',
    convertedBy: null,
    modelTopology: {
      keras_version: '2.10.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Model', config },
    },
    weightSpecs,
    weightData: data,
    userDefinedMetadata: { ...metadata },
  }
}
