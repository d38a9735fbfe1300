import { describe, expect, it } from 'vitest'
import { WeightsError } from '../../src/errors.js'
import { canonicalGeneratorNames, generatorNameIn, type GeneratorNameScheme } from '../../src/weights/index.js'

const blocks = 3
const layers = [
  'conv_first',
  ...Array.from({ length: blocks }, (_, i) =>
    [1, 2, 3].flatMap((k) => [1, 2, 3, 4, 5].map((j) => `body.${i}.rdb${k}.conv${j}`)),
  ).flat(),
  'conv_body',
  'conv_up1',
  'conv_up2',
  'conv_hr',
  'conv_last',
]
const names = layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`])
const numbered = (list: string[]): Map<string, number> => new Map(list.map((name, i) => [name, i]))

describe('canonicalGeneratorNames', () => {
  it.each<GeneratorNameScheme>(['basicsr', 'esrgan', 'oldest'])('renames %s', (scheme) => {
    const given = numbered(names.map((name) => generatorNameIn(scheme, name, blocks)))
    expect(given.size).toBe(names.length)
    expect(canonicalGeneratorNames(given)).toEqual({ scheme, tensors: numbered(names) })
  })

  it('knows the names of the definitions', () => {
    expect(generatorNameIn('oldest', 'body.2.rdb3.conv4.bias', 23)).toBe('model.1.sub.2.RDB3.conv4.0.bias')
    expect(generatorNameIn('oldest', 'conv_body.weight', 23)).toBe('model.1.sub.23.weight')
    expect(generatorNameIn('oldest', 'conv_hr.weight', 23)).toBe('model.8.weight')
    expect(generatorNameIn('esrgan', 'body.0.rdb1.conv1.weight', 23)).toBe('RRDB_trunk.0.RDB1.conv1.weight')
    expect(generatorNameIn('esrgan', 'conv_hr.weight', 23)).toBe('HRconv.weight')
  })

  it('prefers params_ema over params and strips module', () => {
    const both = new Map([
      ['params.conv_first.weight', 1],
      ['params_ema.module.conv_first.weight', 2],
    ])
    expect([...canonicalGeneratorNames(both).tensors]).toEqual([['conv_first.weight', 2]])
    expect([...canonicalGeneratorNames(new Map([['params.conv_last.bias', 3]])).tensors]).toEqual([
      ['conv_last.bias', 3],
    ])
  })

  it('leaves unknown names as they are and refuses collisions', () => {
    expect([...canonicalGeneratorNames(new Map([['toString.weight', 1]])).tensors.keys()]).toEqual(['toString.weight'])
    const collision = new Map([
      ['trunk_conv.weight', 1],
      ['conv_body.weight', 2],
    ])
    expect(() => canonicalGeneratorNames(collision)).toThrow(WeightsError)
  })
})
