import { describe, expect, it } from 'vitest'
import { skippedTests } from '../scripts/skips.mjs'

describe('skippedTests', () => {
  it('tells tests without their real data from those that nobody may leave out', () => {
    const test = (fullName: string, status: string) => ({ fullName, status })
    const testResults = [
      { assertionResults: [test('a', 'passed'), test('b', 'failed'), test('webgpu starts', 'skipped')] },
      { assertionResults: [test('BreaKHis skipped: no real data beside the project', 'skipped'), test('c', 'todo')] },
    ]
    expect(skippedTests({ testResults })).toEqual({
      expected: ['BreaKHis skipped: no real data beside the project'],
      unexpected: ['webgpu starts', 'c'],
    })
  })
})
