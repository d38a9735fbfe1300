import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, inFolder, type CliResult } from './helpers.js'

async function roc(csv: string): Promise<CliResult> {
  let result: CliResult | undefined
  await inFolder(async (folder) => {
    const file = join(folder, 'scores.csv')
    await writeFile(file, csv)
    result = await cli(['roc', file, '--json'])
  })
  return result!
}

describe('roc', () => {
  it('gives the golden curve, with groups counted', async () => {
    const { code, stdout, stderr } = await roc('label,score,group\n0,.1,a\n0,.4,a\n1,.35,b\n1,.8,c\n')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({
      auc: 0.75,
      n: 4,
      positives: 2,
      groups: 3,
      interval: { level: 0.95 },
      roc: { fpr: [0, 0, 0.5, 0.5, 1], tpr: [0, 0.5, 0.5, 1, 1], thresholds: [null, 0.8, 0.4, 0.35, 0.1] },
    })
  })

  it('reads names of classes, columns in any order, quotes, CRLF, blank lines and a byte order mark', async () => {
    const { code, stdout } = await roc('\uFEFFScore, id ,Label\r\n0.1,x,benign\r\n\r\n"0.9",y,Malignant\r\n')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ auc: 1, n: 2, positives: 1, interval: null })
  })

  it.each([
    ['NaN', 'label,score\n0,.1\n1,NaN\n', /line 3, column score: "NaN" is not a finite number/],
    ['Infinity', 'label,score\n0,.1\n1,Infinity\n', /line 3, column score/],
    ['an overflow', 'label,score\n0,.1\n1,1e999\n', /line 3, column score/],
    ['text', 'label,score\n0,high\n1,.1\n', /line 2, column score: "high"/],
    ['an empty score', 'label,score\n0,\n1,.1\n', /line 2, column score: ""/],
    ['hexadecimal', 'label,score\n0,0x10\n1,.1\n', /line 2, column score/],
    ['a foreign label', 'label,score\n2,.1\n', /line 2, column label: "2"/],
    ['a name of every object', 'label,score\nconstructor,.1\n', /line 2, column label/],
    ['an empty group', 'label,score,group\n1,.1,\n', /line 2, column group/],
    ['a missing cell', 'label,score\n0,.1\n1\n', /line 3/],
    ['no such column', 'label,prob\n0,.1\n', /line 1: no column "score"; its columns are label, prob/],
    ['two columns of a name', 'label,score,score\n0,.1,.2\n', /line 1: two columns "score"/],
    ['no rows', 'label,score\n', /no rows/],
    ['nothing', '', /no column "label"/],
    ['one class', 'label,score\n1,.1\n1,.2\n', /one class only \(2 positive, 0 negative\)/],
    ['an open quote', 'label,score\n"0,.1\n', /Quote/],
  ])('fails on %s, naming where', async (_, csv, message) => {
    const { code, stdout, stderr } = await roc(csv)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr).toContain('scores.csv')
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
