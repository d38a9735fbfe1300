import { WeightsError } from '../errors.js'
import { openContainers } from './containers.js'

/** The three generations of names under which RRDB generator weights are published. */
export type GeneratorNameScheme = 'basicsr' | 'esrgan' | 'oldest'

const parameter = '(weight|bias)'
const oldTop: Record<string, string> = {
  conv_first: 'conv_first',
  trunk_conv: 'conv_body',
  upconv1: 'conv_up1',
  upconv2: 'conv_up2',
  HRconv: 'conv_hr',
  conv_last: 'conv_last',
}
const oldestTop: Record<string, string> = {
  '0': 'conv_first',
  '3': 'conv_up1',
  '6': 'conv_up2',
  '8': 'conv_hr',
  '10': 'conv_last',
}

/** Recognises the scheme by a name that only it has. */
function recognise(names: readonly string[]): GeneratorNameScheme {
  if (names.some((name) => /^model\.\d+\./.test(name))) return 'oldest'
  if (names.some((name) => /^(RRDB_trunk|trunk_conv|upconv[12]|HRconv)\./.test(name))) return 'esrgan'
  return 'basicsr'
}

function fromESRGAN(name: string): string {
  const block = new RegExp(`^RRDB_trunk\\.(\\d+)\\.RDB([123])\\.conv([1-5])\\.${parameter}$`).exec(name)
  if (block) return `body.${block[1]}.rdb${block[2]}.conv${block[3]}.${block[4]}`
  const top = new RegExp(`^(\\w+)\\.${parameter}$`).exec(name)
  return top && Object.hasOwn(oldTop, top[1]!) ? `${oldTop[top[1]!]}.${top[2]}` : name
}

function fromOldest(name: string): string {
  const block = new RegExp(`^model\\.1\\.sub\\.(\\d+)\\.RDB([123])\\.conv([1-5])\\.0\\.${parameter}$`).exec(name)
  if (block) return `body.${block[1]}.rdb${block[2]}.conv${block[3]}.${block[4]}`
  const trunk = new RegExp(`^model\\.1\\.sub\\.\\d+\\.${parameter}$`).exec(name)
  if (trunk) return `conv_body.${trunk[1]}`
  const top = new RegExp(`^model\\.(\\d+)\\.${parameter}$`).exec(name)
  return top && Object.hasOwn(oldestTop, top[1]!) ? `${oldestTop[top[1]!]}.${top[2]}` : name
}

/** What {@link canonicalGeneratorNames} found. */
export interface CanonicalNames<T> {
  /** The scheme of the names as given. */
  readonly scheme: GeneratorNameScheme
  /** The same values under BasicSR names, in the same order; a name that no scheme knows stays as it was. */
  readonly tensors: Map<string, T>
}

/**
 * Renames RRDB generator weights of any of the three published generations to BasicSR's names
 * (`conv_first.weight`, `body.0.rdb1.conv1.weight`, …, `conv_last.bias`). Containers are opened: a `params_ema.`
 * prefix is preferred over `params.`, `state_dict.` and others, and `module.` is stripped.
 *
 * @throws WeightsError when two names become one
 */
export function canonicalGeneratorNames<T>(
  tensors: ReadonlyMap<string, T>,
  source = 'generator weights',
): CanonicalNames<T> {
  const bare = openContainers(tensors)
  const scheme = recognise(bare.map(([name]) => name))
  const rename = { basicsr: (name: string) => name, esrgan: fromESRGAN, oldest: fromOldest }[scheme]
  const renamed = new Map<string, T>()
  for (const [name, value] of bare) {
    const canonical = rename(name)
    if (renamed.has(canonical)) throw new WeightsError(source, `two tensors are named ${canonical}`)
    renamed.set(canonical, value)
  }
  return { scheme, tensors: renamed }
}

/** The name of a generator tensor in another scheme: the inverse of {@link canonicalGeneratorNames} for one name. */
export function generatorNameIn(scheme: GeneratorNameScheme, name: string, blocks: number): string {
  if (scheme === 'basicsr') return name
  const block = /^body\.(\d+)\.rdb([123])\.conv([1-5])\.(weight|bias)$/.exec(name)
  if (block) {
    return scheme === 'esrgan'
      ? `RRDB_trunk.${block[1]}.RDB${block[2]}.conv${block[3]}.${block[4]}`
      : `model.1.sub.${block[1]}.RDB${block[2]}.conv${block[3]}.0.${block[4]}`
  }
  const [layer = '', kind = ''] = name.split('.')
  if (scheme === 'oldest' && layer === 'conv_body') return `model.1.sub.${blocks}.${kind}`
  const table = scheme === 'esrgan' ? oldTop : oldestTop
  const found = Object.entries(table).find(([, canonical]) => canonical === layer)
  if (found === undefined) return name
  return scheme === 'esrgan' ? `${found[0]}.${kind}` : `model.${found[0]}.${kind}`
}
