import type { WasmPrecision } from '../precision.js'
import type { ConvolutionKind, Operation } from './choice.js'

// Written by `npm run tune-kernels`: WebAssembly with SIMD, one thread; own kernels without FMA, precision fast, Node v20.20.2.

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
        '4c44', 'c444', '4444', '4444',
        '4444', '4444', '4444', '4444',
        '444d', '4444', '4444', '4444',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'cddd',
      ],
      '3x3/2': [
        'dddd', 'cddd', 'cddd', 'dddd',
        'cddd', '4444', 'cd44', 'cddd',
        'cddd', '444d', '4444', 'cd44',
      ],
      '4x4/2': [
        'cc44', 'c444', 'd444', 'd444',
        '4444', '4444', '4444', '4444',
        '4444', '4444', '4444', '2444',
      ],
      uneven: [
        'cccd', 'ccdd', 'cddd', 'dddd',
        'ccdd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'cddd', 'cddd',
      ],
      other: [
        'ccdd', 'cddd', 'cddd', 'dddd',
        'cddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'cddd', 'cddd',
      ],
    },
    inputGradient: {
      '3x3': [
        'cc44', 'c444', '4444', '4444',
        '4444', '4444', '4444', '4444',
        '4444', '4444', '4444', 'd444',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'cddd',
      ],
      '3x3/2': [
        'ccc4', 'c44d', 'cddd', 'dddd',
        'c444', 'c444', 'd444', 'dd44',
        'c444', '4444', 'dd44', 'ddd4',
      ],
      '4x4/2': [
        'ccc2', 'c442', 'c4dd', 'ddd4',
        'cc44', 'c444', 'd444', 'd442',
        'c444', '4444', 'd444', 'dd42',
      ],
      uneven: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
      ],
      other: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cccc', 'dddd', 'dddd',
      ],
    },
    filterGradient: {
      '3x3': [
        '2d44', '4444', '4444', '2444',
        '4444', '4444', '4444', '4444',
        '4444', '4444', '4444', '4444',
      ],
      '1x1': [
        'ccdd', 'ccdd', 'cddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
      ],
      '3x3/2': [
        'dddd', 'dddd', 'dddd', 'dddd',
        '444d', '4444', '444d', '444d',
        '44d4', '2244', '424d', '444d',
      ],
      '4x4/2': [
        'dddd', 'ddd4', '4424', '4444',
        '4444', '4444', '4442', '4444',
        '4424', '2244', '4422', '2422',
      ],
      uneven: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'cddd', 'dddd', 'cddd',
        'cddd', 'cddd', 'dddd', 'cccd',
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
        'dccd', 'c222', '2222', '2222',
        '2cdd', '2222', '2222', '2222',
        'cddd', '222d', '2222', '2222',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'cddd',
      ],
      '3x3/2': [
        'dddd', 'cddd', 'cddd', 'dddd',
        'cddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'c2dd', 'c2dd', 'cd2d',
      ],
      '4x4/2': [
        'ccdd', 'cddd', 'dddd', 'dddd',
        'cddd', '2222', '2222', '2222',
        'cddd', '2222', '2222', '2222',
      ],
      uneven: [
        'cccd', 'ccdd', 'cddd', 'dddd',
        'ccdd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'cddd', 'cddd',
      ],
      other: [
        'ccdd', 'cddd', 'cddd', 'dddd',
        'cddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'cddd', 'cddd',
      ],
    },
    inputGradient: {
      '3x3': [
        'cc22', 'c222', 'c222', 'd222',
        '2222', 'c222', 'd222', 'd222',
        'c222', 'c222', 'd222', 'dd22',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccc', 'ccdd', 'ccdd',
        'cccc', 'cccc', 'ccdd', 'cddd',
      ],
      '3x3/2': [
        'cccd', 'c2dd', 'cddd', 'dddd',
        'ccc2', 'cd22', 'ddd2', 'dddd',
        'cc22', 'c222', 'ddd2', 'ddd2',
      ],
      '4x4/2': [
        'ccc2', 'ccd2', 'cddd', 'dddd',
        'cc22', 'c222', 'd222', 'd222',
        'cc22', 'c222', 'd222', 'dd22',
      ],
      uneven: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
      ],
      other: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cccc', 'dddd', 'dddd',
      ],
    },
    filterGradient: {
      '3x3': [
        '2ddd', '2222', '2222', '2222',
        '22dd', '2222', '2222', '2222',
        'c222', '2222', '2222', '2222',
      ],
      '1x1': [
        'ccdd', 'ccdd', 'cddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
      ],
      '3x3/2': [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', '222d', '2d2d', '22dd',
        'cddd', '222d', '222d', '222d',
      ],
      '4x4/2': [
        'dddd', 'dddd', 'd222', 'dd22',
        '2222', '2222', '2222', '2222',
        '2222', '2222', '2222', '2222',
      ],
      uneven: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'cddd', 'dddd', 'cddd',
        'cddd', 'cddd', 'dddd', 'cccd',
      ],
      other: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'cddd', 'ccdd', 'ccdd',
      ],
    },
  },
}
