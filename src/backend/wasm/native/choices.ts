import type { WasmPrecision } from '../precision.js'
import type { ConvolutionKind, Operation } from './choice.js'

// Written by `npm run tune-kernels`: WebAssembly with SIMD, 2 threads; own kernels without FMA, precision fast, Node v20.20.2.

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
        '42cd', 'cc44', 'c444', '4442',
        '4444', '4444', '4444', '4444',
        '444d', '4444', '4444', '4444',
      ],
      '1x1': [
        'cccc', 'cccc', 'cccd', 'ccdd',
        'cccc', 'cccc', 'cccd', 'ccdd',
        'cccc', 'cccc', 'cccd', 'ccdd',
      ],
      '3x3/2': [
        'cccd', 'ccdd', 'cddd', 'dddd',
        '4ddd', 'dd44', 'cd44', 'cd44',
        '4ddd', 'c444', 'c444', 'cc44',
      ],
      '4x4/2': [
        'cc4d', 'cd44', 'cd44', 'dd44',
        '4444', '4444', '4444', '4444',
        '444d', '4444', '4444', '2244',
      ],
      uneven: [
        'cccd', 'ccdd', 'cddd', 'dddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'ccdd', 'ccdd', 'cddd', 'ccdd',
      ],
      other: [
        'cccd', 'cddd', 'cddd', 'cddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'ccdd', 'cddd', 'ccdd',
      ],
    },
    inputGradient: {
      '3x3': [
        'cc44', 'ccd4', 'c444', 'd444',
        '4444', '4444', '4444', '4444',
        '4444', '4444', '4444', 'd444',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccc', 'cccd', 'ccdd',
        'cccc', 'cccc', 'cccd', 'ccdd',
      ],
      '3x3/2': [
        'ccc4', 'c444', 'c444', 'd4d4',
        'cc44', '4444', 'd444', 'dd44',
        '4444', '4444', 'dd44', 'dddd',
      ],
      '4x4/2': [
        'cccc', 'cc42', 'c444', 'd444',
        'ccc2', '4442', '4444', 'd222',
        '4444', '4444', 'd444', 'dd44',
      ],
      uneven: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
      ],
      other: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'ccdd', 'dddd', 'dddd',
      ],
    },
    filterGradient: {
      '3x3': [
        'ddd4', 'ddd4', '4424', '2444',
        'd442', 'd442', '4444', '4444',
        'dd44', '4444', '4444', '4444',
      ],
      '1x1': [
        'cddd', 'cddd', 'cddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
      ],
      '3x3/2': [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dd4d', 'd444', '4444',
        'ddd4', 'd444', 'd44d', '4444',
      ],
      '4x4/2': [
        'dddd', 'dddd', 'dd44', 'd442',
        'd44d', 'd444', 'd444', '4444',
        'd424', '4444', '4444', '4444',
      ],
      uneven: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
      ],
      other: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'ccdd',
      ],
    },
  },
  exact: {
    forward: {
      '3x3': [
        '22cd', 'ccd2', 'cdd2', '2222',
        '2ddd', '2222', '2222', '2222',
        '2ddd', '2222', '2222', '2222',
      ],
      '1x1': [
        'cccc', 'cccc', 'cccd', 'ccdd',
        'cccc', 'cccc', 'cccd', 'ccdd',
        'cccc', 'cccc', 'cccd', 'ccdd',
      ],
      '3x3/2': [
        'cccd', 'ccdd', 'cddd', 'dddd',
        'dddd', 'dddd', 'cd2d', 'cddd',
        'cddd', 'cc2d', 'cd2d', 'cc22',
      ],
      '4x4/2': [
        'cccd', 'cddd', 'cdd2', 'dd22',
        'dd22', '222d', '2222', '2222',
        '222d', '2222', '2222', '2222',
      ],
      uneven: [
        'cccd', 'ccdd', 'cddd', 'dddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'ccdd', 'ccdd', 'cddd', 'ccdd',
      ],
      other: [
        'cccd', 'cddd', 'cddd', 'cddd',
        'dddd', 'cddd', 'cddd', 'cddd',
        'cddd', 'ccdd', 'cddd', 'ccdd',
      ],
    },
    inputGradient: {
      '3x3': [
        'ccc2', 'ccd2', 'cd22', 'd222',
        'c222', 'c222', 'd222', 'd222',
        'c222', 'c222', 'c222', 'd222',
      ],
      '1x1': [
        'cccc', 'cccd', 'ccdd', 'cddd',
        'cccc', 'cccc', 'cccd', 'ccdd',
        'cccc', 'cccc', 'cccd', 'ccdd',
      ],
      '3x3/2': [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'ccc2', 'c222', 'dd22', 'ddd2',
        'cc2c', '2222', 'ddd2', 'dddd',
      ],
      '4x4/2': [
        'cccc', 'cc22', 'c222', 'd222',
        'ccc2', 'c222', 'd222', 'd222',
        'cc22', '2222', 'd222', 'dd22',
      ],
      uneven: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
        'cccc', 'cddd', 'dddd', 'dddd',
      ],
      other: [
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'ccdd', 'cddd', 'dddd',
        'cccc', 'ccdd', 'dddd', 'dddd',
      ],
    },
    filterGradient: {
      '3x3': [
        'dddd', 'ddd2', 'd222', '2222',
        'ddd2', 'ddd2', 'd222', 'd222',
        'dd22', 'cd22', '2222', '2222',
      ],
      '1x1': [
        'cddd', 'cddd', 'cddd', 'dddd',
        'cddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
      ],
      '3x3/2': [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'd22d', '222d',
        'ddd2', 'dddd', 'd22d', '222d',
      ],
      '4x4/2': [
        'dddd', 'dddd', 'ddd2', 'd222',
        'dddd', 'd222', 'd222', '2222',
        'dd22', 'd222', '2222', '2222',
      ],
      uneven: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
      ],
      other: [
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'dddd',
        'dddd', 'dddd', 'dddd', 'ccdd',
      ],
    },
  },
}
