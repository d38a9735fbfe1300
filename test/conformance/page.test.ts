import { describe, expect, it } from 'vitest'
import { readFindings, readPage, renderPage } from '../../scripts/lib/backendsPage.js'
import type { BackendResult } from '../../scripts/lib/conformance.js'
import { differences, merge, type Findings } from '../../scripts/lib/findings.js'
import { repairBackend, type Repair } from '../../src/backend/index.js'
import { useBackend } from '../helpers/backend.js'
import { backends, variants } from './backends.js'
import type { ConformanceCase } from './case.js'
import { cases, casesOn, kernelCases } from './cases/index.js'

describe('docs/backends.md (npm run conformance -- --write writes it)', () => {
  it('has every case with its tolerance, and the text of its template', () => {
    const page = readPage()
    expect(page).toBe(renderPage(cases, kernelCases, readFindings(page)))
  })

  it('has a result of every case on every backend but the optional one', () => {
    const { cells } = readFindings(readPage())
    const needed = [...backends.filter(({ isOptional }) => !isOptional), ...variants]
    const open = needed.flatMap((backend) =>
      casesOn(backend)
        .filter(({ name }) => (cells[name]?.[backend.id] ?? 'not run') === 'not run')
        .map(({ name }) => `${name} on ${backend.id}`),
    )
    expect(open).toEqual([])
  })

  it.each(['cpu', 'wasm'] as const)(
    'lists the kernels of %s that stock tfjs lacks or has wrong or slow',
    async (name) => {
      await useBackend(name)
      const repairs = repairBackend()
      expect(repairs.length).toBeGreaterThan(3)
      const listed = readFindings(readPage()).repairs.filter(({ backend }) => backend === name)
      expect(listed).toEqual(repairs)
    },
  )
})

describe('the page of backends', () => {
  const one: ConformanceCase = { name: 'one', group: 'operation', tolerance: 1e-4, run: async () => ({}) }
  const two: ConformanceCase = { ...one, name: 'two', group: 'gradient', tolerance: 1e-2, because: 'it is rough' }
  const right = { passed: true, error: 3e-6 }
  const repair: Repair = { backend: 'cpu', kernel: 'Sum', reason: 'wrong', detail: 'never adds up' }
  const ran = (id: string, ...found: { passed: boolean; error: number | null }[]): BackendResult => ({
    id,
    cases: found.map((result, i) => ({ name: ['one', 'two'][i]!, ...result })),
    repairs: [],
  })
  const findings = merge({ cells: {}, repairs: [] }, [
    { ...ran('cpu', right, { passed: true, error: 0 }), repairs: [repair] },
    ran('webgpu', { passed: false, error: null }),
  ])

  it('shows a power of ten, and reads back what it shows', () => {
    expect(findings.cells).toEqual({ one: { cpu: '1e-5', webgpu: 'wrong' }, two: { cpu: '1e-7' } })
    const page = renderPage([one, two], [one], findings)
    expect(page).toContain('| one | 1e-4 | ✓ 1e-5 | – | – | **✗** | – |')
    expect(page).toContain('| Operations | ✓ 1 | – | – | 0 of 1 | – |')
    expect(page).toContain('| cpu | Sum | wrong | never adds up |')
    const more = renderPage([one, { ...one, name: 'three' }], [], findings)
    expect(more).toContain('| Operations | ✓ 1 of 2 | – | – | 0 of 1 | – |')
    expect(page).toContain('- two, 1e-2: it is rough')
    expect(page).not.toContain('and run `exact`')
    const precise = renderPage([{ ...one, precision: 'exact' }, two], [], findings)
    expect(precise).toMatch(/and run `exact`:\n\n- one$/m)
    expect(readFindings(page).cells['one']).toMatchObject({ cpu: '1e-5', 'wasm-1': 'not run', webgpu: 'wrong' })
    expect(readFindings(page).repairs).toEqual([repair])
    expect(renderPage([one, two], [one], readFindings(page))).toBe(page)
  })

  it('takes an error that shrinks or grows up to a hundredfold for no difference', () => {
    const differ = (result: { passed: boolean; error: number | null }): string[] =>
      differences(findings, [{ ...ran('cpu', result), repairs: [repair] }])
    expect(differ(right)).toEqual([])
    expect(differ({ passed: true, error: 2e-5 })).toEqual([])
    expect(differ({ passed: true, error: 9e-7 })).toEqual([])
    expect(differ({ passed: true, error: 2e-4 })).toEqual([])
    expect(differ({ passed: true, error: 0 })).toEqual([])
    expect(differ({ passed: true, error: 2e-3 })).toEqual(['one on cpu: 1e-2, but the page says 1e-5'])
    expect(differ({ passed: false, error: 1e-5 })).toEqual(['one on cpu: wrong, but the page says 1e-5'])
    expect(differences(findings, [ran('webgpu', right)])).toEqual(['one on webgpu: 1e-5, but the page says wrong'])
  })

  it('asks for what it does not have yet, but for an optional backend', () => {
    const empty: Findings = { cells: {}, repairs: [] }
    expect(differences(empty, [ran('cpu', right)])).toEqual(['one on cpu: 1e-5, but the page says not run'])
    expect(differences(empty, [ran('tfjs-node', right)])).toEqual([])
  })

  it('sees that other kernels were repaired', () => {
    const other = { ...repair, kernel: 'Mean' }
    expect(differences(findings, [{ ...ran('cpu', right), repairs: [other] }])).toEqual([
      'Mean of cpu is wrong, but not on the page',
      'Sum of cpu is wrong on the page only',
    ])
  })

  it('keeps what other backends have shown', () => {
    const merged = merge(findings, [ran('wasm-1', { passed: false, error: 1 })])
    expect(merged.cells).toEqual({ one: { cpu: '1e-5', webgpu: 'wrong', 'wasm-1': 'wrong' }, two: { cpu: '1e-7' } })
    expect(merged.repairs).toEqual([repair])
  })
})
