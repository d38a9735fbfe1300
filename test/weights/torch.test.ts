import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { canonicalGeneratorNames, readWeights, toFloat32, type WeightsFile } from '../../src/weights/index.js'
import reference from '../reference/weights_files.json' with { type: 'json' }

interface Expected {
  dtype: string
  shape: number[]
  values: string
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const float64 = (base64: string): Float64Array => new Float64Array(bytesOf(base64).buffer)

/** Every tensor is there, in the order of the state, with its type, shape and numbers. */
function expectTensors({ tensors }: WeightsFile, expected: Record<string, Expected>): void {
  expect([...tensors.keys()]).toEqual(Object.keys(expected))
  for (const [name, { dtype, shape, values }] of Object.entries(expected)) {
    expect(tensors.get(name), name).toMatchObject({ dtype, shape })
    expect(toFloat32(tensors.get(name)!), name).toEqual(Float32Array.from(float64(values)))
  }
}

describe('readWeights of files that torch.save wrote', () => {
  it.each(Object.entries(reference.files))('%s', (_, { file, tensors }) => {
    const read = readWeights(bytesOf(file), 'x.pth')
    expect(read.format).toBe('torch')
    expect(read.metadata).toEqual({})
    expectTensors(read, tensors)
  })

  it('reads them from the middle of a larger buffer', () => {
    const { file, tensors } = reference.files['views of shared storages']
    const shifted = Buffer.concat([Buffer.alloc(3), bytesOf(file), Buffer.alloc(5)]).subarray(3, -5)
    expectTensors(readWeights(shifted), tensors)
  })

  it('gives views of the file, but for elements that do not lie in a row', () => {
    const bytes = bytesOf(reference.files['views of shared storages'].file)
    const { tensors } = readWeights(bytes)
    const copied = [...tensors].filter(([, { data }]) => data.buffer !== bytes.buffer).map(([name]) => name)
    expect(copied).toEqual(['columns', 'transposed', 'every_third', 'repeated', 'channels_last', 'half'])
  })
})

describe('what other programs name', () => {
  it.each(['basicsr', 'esrgan', 'oldest'] as const)('generators: %s, under the names of BasicSR', (scheme) => {
    const { tensors } = readWeights(bytesOf(reference.files[`generator: ${scheme}`].file))
    const canonical = canonicalGeneratorNames(tensors)
    expect(canonical.scheme).toBe(scheme)
    const expected = Object.keys(reference.files['generator: basicsr'].tensors)
    expect(new Set(canonical.tensors.keys())).toEqual(new Set(expected))
  })

  it("torchvision's VGG19: sixteen convolutions among its features, conv5_4 the 34th layer", () => {
    const { tensors } = readWeights(bytesOf(reference.files['VGG19 of torchvision, few channels'].file))
    const kernels = [...tensors].filter(([name, { shape }]) => name.startsWith('features.') && shape.length === 4)
    expect(kernels).toHaveLength(16)
    expect(kernels.at(-1)![0]).toBe('features.34.weight')
  })
})

describe('readWeights refuses, naming the reason,', () => {
  const reasons: Record<keyof typeof reference.refused, string> = {
    'os.system': 'asks for "posix.system", which no tensor needs; nothing was run',
    'os.system, before torch 1.6': 'asks for "posix.system", which no tensor needs; nothing was run',
    'a whole module': 'asks for "torch.nn.modules.container.Sequential"',
    'a whole module, before torch 1.6': 'asks for "torch.nn.modules.container.Sequential"',
    'a NumPy number': 'asks for "numpy.core.multiarray.scalar"',
    'a sparse tensor': 'asks for "torch._utils._rebuild_sparse_tensor"',
    'a complex tensor': 'asks for "torch.ComplexFloatStorage"',
    'eval by protocol 4': 'asks for "builtins.eval"',
    'an instance by opcode INST': 'opcode 0x69 is none that tensors need',
    'one tensor without a name': 'holds no named tensors: save the dictionary that model.state_dict() gives',
    'a list of tensors': 'holds no named tensors: save the dictionary that model.state_dict() gives',
    'big-endian': 'saved on a big-endian machine',
    compressed: 'is compressed or encrypted, which torch.save never does',
    'a missing storage': 'has no "archive/data/1"',
    'a short storage': 'its storage "0" claims 8 bytes, but has 7',
    TorchScript: 'a TorchScript program: save model.state_dict()',
    'NumPy .npz': "NumPy's .npz",
    'a pickle of its own': 'a pickle that torch.save has not written',
    'NumPy .npy': "NumPy's .npy",
  }
  it.each(Object.entries(reference.refused))('%s', (name, file) => {
    const read = (): unknown => readWeights(bytesOf(file), 'x.pth')
    expect(read).toThrow(WeightsError)
    expect(read).toThrow(reasons[name as keyof typeof reasons])
    expect(read).toThrow(/^x\.pth: /)
  })

  it('a pickle that would call the shell, and does not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weights-'))
    vi.stubEnv('WEIGHTS_TEST_FILE', join(folder, 'it-ran'))
    expect(() => readWeights(bytesOf(reference.refused['os.system']))).toThrow(WeightsError)
    expect(readdirSync(folder)).toEqual([])
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  const text = (content: string): Uint8Array => new TextEncoder().encode(content)
  it.each([
    ['nothing', new Uint8Array(), 'the file is empty'],
    ['a web page', text('\n<!DOCTYPE html><html><body>Sign in</body></html>'), 'it is a web page'],
    ['a pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), 'a Git LFS pointer'],
    ['JSON', text('{"format": "layers-model"}'), 'readTfjsWeights'],
    ['GGUF', text('GGUF\x03\0\0\0\0\0'), 'a GGUF file'],
    ['HDF5', bytesOf(reference.keras['Keras 1'].file), 'read it with readKerasWeights'],
    ['ONNX', Uint8Array.of(8, 7, 0x12, 7, ...text('pytorch12345')), 'an ONNX model'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), 'compressed by gzip'],
    ['tar', Uint8Array.from({ length: 512 }, (_, i) => 'ustar'.charCodeAt(i - 257) || 120), 'a tar archive'],
    ['zeros', new Uint8Array(64), 'neither safetensors nor a file of torch.save'],
  ])('%s', (_, bytes, message) => {
    expect(() => readWeights(bytes, 'x')).toThrow(WeightsError)
    expect(() => readWeights(bytes, 'x')).toThrow(message)
  })
})
