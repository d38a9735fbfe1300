import type { Variable } from '@tensorflow/tfjs-core'
import { WeightsError } from '../errors.js'
import type { NamedTensors } from '../training/index.js'
import type { GeneratorNameScheme } from '../weights/index.js'
import type { DiscriminatorConfig } from './discriminator.js'
import type { GeneratorConfig } from './generator.js'
import { createVariable } from './initialise.js'

/** A generator outside any backend: what it computes, and its weights under BasicSR's names in tfjs's layouts. */
export interface StoredGenerator {
  /** Tells stored networks apart. */
  readonly kind: 'generator'
  /** The options it is made with. */
  readonly config: GeneratorConfig
  /** Kernels `[3, 3, in, out]` and biases by name. */
  readonly weights: NamedTensors
  /** The names that the file had. */
  readonly names: GeneratorNameScheme
}

/** A discriminator outside any backend, with its running statistics. */
export interface StoredDiscriminator {
  /** Tells stored networks apart. */
  readonly kind: 'discriminator'
  /** The options it is made with. */
  readonly config: DiscriminatorConfig
  /** Every variable by BasicSR's name, in tfjs's layout. */
  readonly weights: NamedTensors
}

/** The convolutions of a VGG network, from the first one on. */
export interface StoredVGG {
  /** Tells stored networks apart. */
  readonly kind: 'vgg'
  /** Its layers, and what it reads. */
  readonly config: {
    /** The input that the weights were trained on (see `VGGInput`). */
    readonly input: 'caffe' | 'torchvision'
    /** Keras' names of the convolutions, `block1_conv1` and so on, in order. */
    readonly layers: readonly string[]
  }
  /** Kernels `[3, 3, in, out]` and biases, as `block1_conv1.weight` and `block1_conv1.bias`. */
  readonly weights: NamedTensors
}

/** A network as files hold it. */
export type StoredNetwork = StoredGenerator | StoredDiscriminator | StoredVGG

/** The values that training would change: running statistics are not counted. */
export function storedParameterCount({ weights }: StoredNetwork): number {
  return [...weights]
    .filter(([name]) => !name.includes('.running_'))
    .reduce((sum, [, { data }]) => sum + data.length, 0)
}

/** Variables of the given weights; those of running statistics are not trainable. */
export function createVariables(weights: NamedTensors): Map<string, Variable> {
  return new Map(
    [...weights].map(([name, { data, shape }]) => [name, createVariable(data, shape, !name.includes('.running_'))]),
  )
}

/** What a file begins with, for errors. */
export function beginningOf(tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): string {
  const found = [...tensors].slice(0, 5).map(([name, { shape }]) => `${name.slice(0, 80)} [${shape.join(', ')}]`)
  return found.length === 0 ? 'the file has no tensors' : `the file begins with ${found.join(', ')}`
}

/** The parsed JSON of a metadata entry, or undefined where there is none. Damaged entries are refused, since another network would result. */
export function readMetadata<T>(
  metadata: Readonly<Record<string, string>>,
  key: string,
  isValid: (value: Partial<Record<keyof T, unknown>>) => boolean,
  source: string,
): T | undefined {
  const text = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  // Of a string, {...} would make an object with a property for each character.
  const isObject = typeof value === 'object' && value !== null
  if (!isObject || !isValid(value as Partial<Record<keyof T, unknown>>)) {
    throw new WeightsError(source, `the metadata ${key} is damaged: ${text.slice(0, 120)}`)
  }
  return value as T
}
