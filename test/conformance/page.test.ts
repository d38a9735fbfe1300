import { describe, expect, it } from 'vitest'
import { differences, merge, readCells, readPage, readRepairs, renderPage } from '../../scripts/lib/backendsPage.js'
import { backendRepairs } from '../../src/backend/index.js'
import { useBackend } from '../helpers/backend.js'
import { backends } from './backends.js'
import type { ConformanceCase } from './case.js'
import { cases } from './cases/index.js'

const withoutRepairs = (text: string): string => text.replace(/^\| (cpu|wasm) \| .*\n/gm, '')

describe('docs/backends.md (npm run conformance -- --write writes it)', () => {
  it('has every case with its tolerance, and the text of its template', () => {
    const page = readPage()
    expect(withoutRepairs(page)).toBe(withoutRepairs(renderPage(cases, readCells(page), [])))
  })

  it('has a result of every case on every backend but the optional one', () => {
    const cells = readCells(readPage())
    const needed = backends.filter(({ isOptional }) => !isOptional)
    const open = cases.flatMap(({ name }) =>
      needed.filter(({ id }) => (cells[name]?.[id] ?? 'not run') === 'not run').map(({ id }) => `${name} on ${id}`),
    )
    expect(open).toEqual([])
  })

  it('lists the kernels that are missing or wrong in stock tfjs', async () => {
    await useBackend('cpu')
    await useBackend('wasm')
    const rendered = renderPage(cases, {}, backendRepairs())
    expect(readRepairs(rendered).length).toBeGreaterThan(5)
    expect(readRepairs(readPage())).toEqual(readRepairs(rendered))
  })
})

describe('the page of backends', () => {
  const one: ConformanceCase = { name: 'one', group: 'operation', tolerance: 1e-4, run: async () => ({}) }
  const two: ConformanceCase = { ...one, name: 'two', group: 'gradient', tolerance: 1e-2, because: 'it is rough' }
  const right = { passed: true, error: 3e-6 }
  const cells = merge({}, [
    {
      id: 'cpu',
      cases: [
        { name: 'one', ...right },
        { name: 'two', passed: true, error: 0 },
      ],
    },
    { id: 'webgpu', cases: [{ name: 'one', passed: false, error: null, message: 'it threw' }] },
  ])

  it('shows a power of ten, and reads back what it shows', () => {
    expect(cells).toEqual({ one: { cpu: '1e-5', webgpu: 'wrong' }, two: { cpu: '1e-7' } })
    const page = renderPage([one, two], cells, [])
    expect(page).toContain('| one | 1e-4 | ✓ 1e-5 | – | – | **✗** | – |')
    expect(page).toContain('| Operations | ✓ 1 | – | – | 0 of 1 | – |')
    expect(page).toContain('- two, 1e-2: it is rough')
    expect(readCells(page)['one']).toMatchObject({ cpu: '1e-5', 'wasm-1': 'not run', webgpu: 'wrong' })
    expect(renderPage([one, two], readCells(page), [])).toBe(page)
  })

  it('takes noise within a power of ten, and nothing else, for no difference', () => {
    const ran = (result: { passed: boolean; error: number | null }) =>
      differences(cells, [{ id: 'cpu', cases: [{ name: 'one', ...result }] }])
    expect(ran(right)).toEqual([])
    expect(ran({ passed: true, error: 2e-5 })).toEqual([])
    expect(ran({ passed: true, error: 9e-7 })).toEqual([])
    expect(ran({ passed: true, error: 2e-4 })).toEqual(['one on cpu: 1e-3, but the page says 1e-5'])
    expect(ran({ passed: true, error: 0 })).toEqual(['one on cpu: 1e-7, but the page says 1e-5'])
    expect(ran({ passed: false, error: 1e-5 })).toEqual(['one on cpu: wrong, but the page says 1e-5'])
    expect(differences(cells, [{ id: 'webgpu', cases: [{ name: 'one', ...right }] }])).toHaveLength(1)
    expect(differences({}, [{ id: 'cpu', cases: [{ name: 'one', ...right }] }])).toEqual([
      'one on cpu: 1e-5, but the page says not run',
    ])
  })

  it('keeps what other backends have shown', () => {
    const merged = merge(cells, [{ id: 'cpu', cases: [{ name: 'one', passed: false, error: 1 }] }])
    expect(merged).toEqual({ one: { cpu: 'wrong', webgpu: 'wrong' }, two: { cpu: '1e-7' } })
  })
})
