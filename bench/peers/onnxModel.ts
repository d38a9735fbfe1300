import type { GeneratorSpec } from '../rows.js'

/** A weight in ONNX's layout. */
export interface Weight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** What is used of the package `onnx-proto`. */
export interface OnnxProto {
  readonly onnx: {
    readonly ModelProto: { encode(message: object): { finish(): Uint8Array } }
  }
}

/** The codes of onnx.proto. */
const float32 = 1
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const

const bytes = ({ data }: Weight): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** Attributes of a node: numbers are floats, lists are integers, except `axis`. */
function attributesOf(attributes: Readonly<Record<string, number | string | readonly number[]>>): object[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (name === 'axis') return { name, type: attributeTypes.int, i: value }
    if (typeof value === 'number') return { name, type: attributeTypes.float, f: value }
    if (typeof value === 'string') return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) }
    return { name, type: attributeTypes.ints, ints: value }
  })
}

/**
 * The RRDB generator x4 as an ONNX model: input `lr`, output `sr`, both NCHW. `weights` have BasicSR's names and shapes
 * `[out, in, 3, 3]` and `[out]`. Returns the model's bytes.
 */
export function generatorModel(
  { onnx }: OnnxProto,
  { blocks, batch, size }: GeneratorSpec,
  weights: ReadonlyMap<string, Weight>,
): Uint8Array {
  const nodes: object[] = []
  const node = (
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, number | string | readonly number[]>> = {},
  ): string => {
    const output = `t${nodes.length}`
    nodes.push({ opType, name: output, input: [...input], output: [output], attribute: attributesOf(attributes) })
    return output
  }
  const conv = (x: string, name: string): string =>
    node('Conv', [x, `${name}.weight`, `${name}.bias`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] })
  const leaky = (x: string): string => node('LeakyRelu', [x], { alpha: 0.2 })
  const double = (x: string): string =>
    node('Resize', [x, '', 'twice'], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    })
  const residual = (y: string, x: string): string => node('Add', [node('Mul', [y, 'fifth']), x])
  const dense = (x: string, name: string): string => {
    const seen = [x]
    for (let j = 1; j <= 4; j++) {
      const all = seen.length === 1 ? x : node('Concat', seen, { axis: 1 })
      seen.push(leaky(conv(all, `${name}.conv${j}`)))
    }
    return residual(conv(node('Concat', seen, { axis: 1 }), `${name}.conv5`), x)
  }

  const first = conv('lr', 'conv_first')
  let x = first
  for (let i = 0; i < blocks; i++) {
    let y = x
    for (let k = 1; k <= 3; k++) y = dense(y, `body.${i}.rdb${k}`)
    x = residual(y, x)
  }
  x = node('Add', [conv(x, 'conv_body'), first])
  for (const name of ['conv_up1', 'conv_up2']) x = leaky(conv(double(x), name))
  const last = conv(leaky(conv(x, 'conv_hr')), 'conv_last')
  nodes.push({ opType: 'Identity', name: 'sr', input: [last], output: ['sr'] })

  const constants = new Map<string, Weight>([
    ...weights,
    ['fifth', { shape: [], data: Float32Array.of(0.2) }],
    ['twice', { shape: [4], data: Float32Array.of(1, 1, 2, 2) }],
  ])
  const value = (name: string, shape: readonly number[]): object => ({
    name,
    type: { tensorType: { elemType: float32, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  })
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'RRDBNet',
      node: nodes,
      initializer: [...constants].map(([name, weight]) => ({
        name,
        dims: weight.shape,
        dataType: float32,
        rawData: bytes(weight),
      })),
      input: [value('lr', [batch, 3, size, size])],
      output: [value('sr', [batch, 3, 4 * size, 4 * size])],
    },
  }).finish()
}
