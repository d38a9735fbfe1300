import { describe, expect, it, vi } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { readKerasWeights, toFloat32 } from '../../src/weights/index.js'
import reference from '../reference/weights_files.json' with { type: 'json' }

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

describe('readKerasWeights', () => {
  it.each(Object.entries(reference.keras))('%s', async (_, { file, tensors }) => {
    const read = await readKerasWeights(bytesOf(file))
    expect(read.format).toBe('keras')
    expect([...read.tensors.keys()].toSorted()).toEqual(Object.keys(tensors).toSorted())
    for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
      expect(read.tensors.get(name), name).toMatchObject({ dtype, shape })
      const expected = new Float64Array(bytesOf(values).buffer)
      expect(toFloat32(read.tensors.get(name)!), name).toEqual(Float32Array.from(expected))
    }
  })

  const reasons: Record<keyof typeof reference.kerasRefused, string> = {
    'big-endian': 'dataset "/x" is big-endian',
    compressed: 'dataset "/x" is compressed or virtual',
    'more than it has': 'claim at least 40000000000 bytes',
    'chunks larger than the file': 'claim at least 100000016 bytes',
    'numbers of another file': 'dataset "/x" is damaged',
    'groups that contain themselves': 'nested more than 16 deep',
    'groups that contain each other': 'groups and datasets, or they contain each other too often',
    'no numbers': 'it holds no weights',
    'a virtual dataset': 'dataset "/x" is compressed or virtual',
  }
  it.each(Object.entries(reference.kerasRefused))('refuses %s, and prints nothing', async (name, file) => {
    const written = vi.spyOn(console, 'error')
    const read = (): Promise<unknown> => readKerasWeights(bytesOf(file), 'x.h5')
    await expect(read()).rejects.toThrow(WeightsError)
    await expect(read()).rejects.toThrow(reasons[name as keyof typeof reasons])
    expect(written).not.toHaveBeenCalled()
  })

  it('refuses what is no HDF5 file, and one that is cut off', async () => {
    await expect(readKerasWeights(new Uint8Array(9), 'x')).rejects.toThrow('x: it is no HDF5 file; readWeights reads')
    const whole = bytesOf(reference.keras['Keras 1'].file)
    await expect(readKerasWeights(whole.subarray(0, 1000))).rejects.toThrow('cut off or damaged')
  })
})
