import { describe, expect, it } from 'vitest'
import { adapterName, isSoftwareAdapter } from '../../src/node/backends/adapter.js'

describe('an adapter', () => {
  it('is software where it says so, or is known to be', () => {
    expect(isSoftwareAdapter({ vendor: 'x', isFallbackAdapter: true })).toBe(true)
    expect(isSoftwareAdapter({ vendor: 'google', architecture: 'swiftshader' })).toBe(true)
    expect(isSoftwareAdapter({ vendor: 'mesa', device: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe(true)
    expect(isSoftwareAdapter({ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' })).toBe(true)
  })

  it('is a GPU otherwise', () => {
    expect(isSoftwareAdapter({ vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA: 535.161' })).toBe(false)
    expect(isSoftwareAdapter({ vendor: 'apple', architecture: 'common-3', isFallbackAdapter: false })).toBe(false)
    expect(isSoftwareAdapter({})).toBe(false)
  })

  it('is named by what it tells', () => {
    expect(adapterName({ vendor: 'nvidia', architecture: 'ampere', device: '' })).toBe('nvidia, ampere')
    expect(adapterName({})).toBe('an unnamed adapter')
  })
})
