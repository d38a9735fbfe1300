import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  aucOfRows,
  bootstrapByGroup,
  confusionMatrix,
  delongInterval,
  patientRecognition,
  patientScores,
  rocAuc,
  thresholdAtSensitivity,
  thresholdAtSpecificity,
  youdenThreshold,
} from '../../src/metrics/index.js'
import { cli, inFolder, type CliResult } from './helpers.js'

async function roc(csv: string, ...options: string[]): Promise<CliResult> {
  let result: CliResult | undefined
  await inFolder(async (folder) => {
    const file = join(folder, 'scores.csv')
    await writeFile(file, csv)
    result = await cli(['roc', file, '--json', ...options])
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
      interval: { level: 0.95, low: expect.any(Number), high: 1 },
      averagePrecision: (1 / 1 + 2 / 3) / 2,
      roc: { fpr: [0, 0, 0.5, 0.5, 1], tpr: [0, 0.5, 0.5, 1, 1], thresholds: [null, 0.8, 0.4, 0.35, 0.1] },
    })
  })

  it('has DeLong where rows are independent, and the bootstrap of patients where they are not', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const patient = Math.floor(i / 6)
      const label = patient % 2
      return { label, score: ((i * 7) % 10) / 20 + 0.3 * label + 0.02 * patient, group: `p${patient}` }
    })
    const csv = (columns: readonly ('label' | 'score' | 'group')[]): string =>
      [columns.join(','), ...rows.map((row) => columns.map((column) => row[column]).join(','))].join('\n')
    const labels = rows.map(({ label }) => label)
    const scores = rows.map(({ score }) => score)
    const groups = rows.map(({ group }) => group)

    const independent = JSON.parse((await roc(csv(['label', 'score']))).stdout)
    const { low, high, level } = delongInterval(labels, scores)
    expect(independent.interval).toEqual({ method: 'DeLong, logit, rows counted as independent', level, low, high })
    expect(independent).not.toHaveProperty('patients')
    expect(independent.thresholds).toEqual({
      youden: youdenThreshold(labels, scores),
      sensitivity95: thresholdAtSensitivity(labels, scores, 0.95),
      specificity95: thresholdAtSpecificity(labels, scores, 0.95),
    })

    const clustered = JSON.parse((await roc(csv(['label', 'score', 'group']), '--threshold', '4.5e-1')).stdout)
    const bootstrap = bootstrapByGroup(groups, aucOfRows(labels, scores))
    expect(clustered.auc).toBe(independent.auc)
    expect(clustered.interval).toMatchObject({ level: 0.95, low: bootstrap.low, high: bootstrap.high })
    expect(clustered.interval.method).toMatch(
      /^bootstrap of groups, percentile, 2000 resamples(, \d+ of them undefined)?$/,
    )
    const called = scores.map((score) => score >= 0.45)
    expect(clustered.decisions).toMatchObject({ threshold: 0.45, ...confusionMatrix(labels, called) })
    const { rate, imageRate } = patientRecognition(labels, called, groups)
    const patients = patientScores(labels, scores, groups)
    expect(clustered.patients).toMatchObject({
      n: 10,
      recognition: { rate, imageRate },
      auc: rocAuc(patients.labels, patients.scores),
    })
    expect(clustered.patients.recognition.interval.low).toBeLessThan(rate)
    expect(clustered.patients.recognition.interval.high).toBeGreaterThan(rate)
  })

  it('decides at 0.5 where scores are probabilities, and else only where told to', async () => {
    expect(JSON.parse((await roc('label,score\n0,.1\n1,.5\n')).stdout).decisions).toMatchObject({
      threshold: 0.5,
      tp: 1,
      tn: 1,
    })
    expect(JSON.parse((await roc('label,score\n0,.1\n1,5\n')).stdout).decisions).toBeNull()
    expect(JSON.parse((await roc('label,score\n0,.1\n1,5\n', '--threshold', '-2')).stdout).decisions).toMatchObject({
      threshold: -2,
      fp: 1,
      fnr: 0,
    })
    for (const text of ['high', '', 'NaN', '1e999']) {
      const { code, stderr } = await roc('label,score\n0,.1\n1,5\n', '--threshold', text)
      expect(code).toBe(2)
      expect(stderr).toContain('It must be a finite number.')
    }
  })

  it('says the area, its interval and that of patients in one line where it is not for a program', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'scores.csv')
      await writeFile(file, 'label,score,group\n0,.1,a\n0,.4,b\n1,.35,c\n1,.8,d\n0,.2,a\n1,.9,d\n')
      const { stdout, stderr } = await cli(['roc', file])
      expect(JSON.parse(stdout).auc).toBe(8 / 9)
      expect(stderr).toMatch(
        /^AUC 0\.8889 \[0\.\d{4}, 1\.0000\], by patient 0\.7500 \(4 patients\), n = 6 \(3 positive\)\n$/,
      )
      await writeFile(file, 'label,score\n0,.1\n1,.4\n')
      expect((await cli(['roc', file])).stderr).toBe('AUC 1.0000, n = 2 (1 positive)\n')
    })
  })

  it('says why there is no interval', async () => {
    const mixed = JSON.parse((await roc('label,score,group\n0,.1,a\n1,.4,a\n0,.2,b\n1,.5,b\n')).stdout)
    expect(mixed.interval).toMatchObject({ low: expect.any(Number) })
    expect(mixed.patients).toMatchObject({ auc: null, interval: null })
    expect(mixed.patients.noInterval).toContain('groups must have one label each: this one has both; received "a"')
    const single = JSON.parse((await roc('label,score,group\n0,.1,a\n1,.4,a\n')).stdout)
    expect(single).toMatchObject({ interval: null, noInterval: 'groups must hold at least two groups; received 1' })
    const separated = JSON.parse((await roc('label,score\n0,1\n0,2\n1,3\n1,4\n')).stdout)
    expect(separated).toMatchObject({ auc: 1, interval: null })
    expect(separated.noInterval).toContain("DeLong's variance is 0")
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
