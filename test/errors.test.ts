import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataError, printable, WeightsError } from '../src/errors.js'

describe('messages with names that others chose', () => {
  const evil = 'a\u001b[31mEVIL\nesrgan-scnn: done\u009b2J\u202egnp.exe'
  const plain = 'a\\x1b[31mEVIL\\x0aesrgan-scnn: done\\x9b2J\\u202egnp.exe'

  it('show control characters, and keep the name for those who catch', () => {
    const error = new DataError(evil, `is that of ${evil}`)
    expect(error.message).toBe(`${plain}: is that of ${plain}`)
    expect([error.source, error.problem]).toEqual([evil, `is that of ${evil}`])
    expect(new WeightsError(evil, 'is another', [`no ${evil}`]).message).toBe(`${plain}: is another\n  no ${plain}`)
  })

  it('stay readable, however many tensors differ and however long their names are', () => {
    const differences = Array.from({ length: 5000 }, (_, i) => `missing ${i}`)
    const error = new WeightsError('a.pth', 'does not fit', differences)
    expect(error.differences).toEqual(differences)
    const lines = error.message.split('\n')
    expect(lines).toHaveLength(42)
    expect(lines.at(-1)).toBe('  … and 4960 more')
    expect(new WeightsError('a.pth', 'x'.repeat(1e6), [`${'y'.repeat(1e6)}`]).message).toHaveLength(2 * 1000 + 3)
  })

  it('leave everything else as it is', () => {
    const text = 'Größe 3×4, „µm“ – 画像.png \\x1b 👩🏽‍🔬'
    expect(printable(text)).toBe(text)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        // oxlint-disable-next-line no-control-regex
        expect(printable(any)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
      }),
    )
  })
})
