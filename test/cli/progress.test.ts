import { describe, expect, it } from 'vitest'
import { createProgress, duration } from '../../src/cli/progress.js'

describe('duration', () => {
  it('reads well', () => {
    expect([3, 59.6, 61, 3661, Infinity, NaN].map(duration)).toEqual(['3 s', '1:00', '1:01', '1:01:01', '?', '?'])
  })
})

describe('createProgress', () => {
  const collect = (isTTY: boolean): { text: () => string; progress: ReturnType<typeof createProgress> } => {
    let text = ''
    const stderr = { isTTY, write: (part: string) => (text += part), cursorTo() {}, clearLine() {}, moveCursor() {} }
    const io = { stdout: { write: () => {} }, stderr, onInterrupt: () => () => {}, debug: false }
    return { text: () => text, progress: createProgress(io) }
  }

  it('writes the first and the last step of a stage where there is no terminal, with rate, time left and losses', () => {
    const { text, progress } = collect(false)
    for (const step of [1, 2, 3]) {
      progress.onProgress({
        stage: 'psnr',
        step,
        steps: 3,
        rate: 0.5,
        secondsLeft: (3 - step) * 2,
        values: { l1: 0.12345 },
      })
    }
    progress.stop()
    expect(text()).toBe('psnr 1/3 · 2.0 s each · 4 s left · l1 0.123\npsnr 3/3 · 2.0 s each · l1 0.123\n')
  })

  it.each([true, false])('shows notices at once, on a terminal: %s', (isTTY) => {
    const { text, progress } = collect(isTTY)
    const event = { stage: 'gan', step: 5, steps: 9, rate: 3, secondsLeft: 1 }
    progress.onProgress({ ...event, step: 6 })
    progress.onProgress({ ...event, notice: 'training diverged' })
    progress.stop()
    expect(text()).toMatch(/gan( 5\/9 ·|:) training diverged\n/)
  })

  it('draws a bar on a terminal', () => {
    const { text, progress } = collect(true)
    progress.onProgress({ stage: 'gan', step: 1, steps: 2, rate: 3, secondsLeft: 1 })
    progress.onProgress({ stage: 'siamese', step: 2, steps: 2, rate: 3, secondsLeft: 0 })
    progress.stop()
    progress.stop()
    expect(text()).toContain('siamese')
    expect(text()).toContain('2/2')
  })
})
