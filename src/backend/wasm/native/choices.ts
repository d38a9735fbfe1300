import type { WasmPrecision } from '../precision.js'
import type { ConvolutionKind, Operation } from './choice.js'

// Written by `npm run tune-kernels`: WebAssembly with SIMD, one thread, Node v20.20.2.

/** Channels in and out that were measured. */
export const channelSteps: readonly number[] = [3, 16, 64, 256]

/** Output pixels of a batch that were measured. */
export const pixelSteps: readonly number[] = [64, 1024, 8192]

/**
 * The fastest algorithm by its letter: a line for each number of pixels, in it a word for each number of input channels, in
 * that a letter for each number of output channels.
 */
// oxfmt-ignore
export const choices: Readonly<Record<WasmPrecision, Record<Operation, Record<ConvolutionKind, readonly string[]>>>> = {
  fast: {
    forward: {
      '3x3': [
        'cccd', 'c444', '4442', '4422',
        '44dd', '4444', '4444', '4444',
        '44dd', '4444', '4444', '4444',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
      ],
      other: [
        'ccdd', 'cddd', 'cddd', 'dddd',
        'cddd', 'cddd', 'dddd', 'cddd',
        'cddd', 'cddd', 'cddd', 'cddd',
      ],
    },
    inputGradient: {
      '3x3': [
        'cc44', 'c444', 'c442', 'd442',
        '4444', '4444', '4444', 'd444',
        '4444', '4444', '4444', 'd444',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccd', 'cccd', 'ccdd', 'cddd',
      ],
      other: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
        'cccc', 'ccdc', 'cddc', 'dddd',
      ],
    },
    filterGradient: {
      '3x3': [
        'd4d4', '2442', '4422', '2442',
        '4444', '4444', '4444', '4444',
        '444d', '4444', '4444', '4444',
      ],
      '1x1': [
        'ccdd', 'ccdd', 'ccdd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
      ],
      other: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'ccdd', 'ccdd',
      ],
    },
  },
  exact: {
    forward: {
      '3x3': [
        'cccd', 'cc22', 'c222', '2222',
        'ccdd', '2222', '2222', '2222',
        'ccdd', '2222', '2222', '2222',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
      ],
      other: [
        'ccdd', 'cddd', 'cddd', 'dddd',
        'cddd', 'cddd', 'dddd', 'cddd',
        'cddd', 'cddd', 'cddd', 'cddd',
      ],
    },
    inputGradient: {
      '3x3': [
        'cc22', 'c222', 'c222', 'd222',
        'c222', 'c222', 'd222', 'd222',
        'c222', 'c222', 'd222', 'd222',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccd', 'cccd', 'ccdd', 'cddd',
      ],
      other: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
        'cccc', 'ccdc', 'cddc', 'dddd',
      ],
    },
    filterGradient: {
      '3x3': [
        'dddd', '2d22', '2222', '2222',
        '22dd', '2222', '2222', '2222',
        'c2dd', '2222', '2222', '2222',
      ],
      '1x1': [
        'ccdd', 'ccdd', 'ccdd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
      ],
      other: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'ccdd', 'ccdd',
      ],
    },
  },
}
