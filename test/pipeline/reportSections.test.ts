import { describe, expect, it } from 'vitest'
import { plain } from '../../src/pipeline/markdown.js'
import { reportMarkdown } from '../../src/pipeline/reportMarkdown.js'
import { madeUpStudy } from '../figures/madeUpStudy.js'

/** The text of one section. */
const section = (text: string, heading: string): string => {
  const start = text.indexOf(`## ${heading}`)
  expect(start, heading).toBeGreaterThan(-1)
  const end = text.indexOf('\n## ', start + 1)
  return text.slice(start, end === -1 ? undefined : end)
}

const points = (share: number): string => (share * 100).toFixed(1)

describe('sections of the report', () => {
  const { report } = madeUpStudy()
  const text = reportMarkdown(report)
  const [run] = report.runs
  const { sigmoid, support } = run!.heads

  it('give every head its results, of images and of patients, with both kinds of intervals', () => {
    const results = section(text, 'Results on the test set')
    const { decisions, locked, auc, aucInterval, aucByPatient, patientAuc, averagePrecision } = sigmoid.overall
    expect(results).toContain(
      `| sigmoid | ${auc!.toFixed(3)} | ${aucInterval!.low.toFixed(3)} to ${aucInterval!.high.toFixed(3)} | ${aucByPatient!.low.toFixed(3)} to ${aucByPatient!.high.toFixed(3)} | ${averagePrecision!.toFixed(3)} | ${patientAuc!.auc.toFixed(3)} |`,
    )
    for (const [head, made] of [
      ['sigmoid', decisions],
      ['sigmoid', locked!],
      ['support', support.overall.decisions],
      ['support', support.overall.locked!],
    ] as const) {
      const { accuracyInterval: images, accuracyByPatient: patients, confusion } = made
      const row = results.split('\n').find((line) => line.startsWith(`| ${head} | ${made.threshold.value} (`))!
      expect(row).toContain(
        `| ${points(made.accuracy)} % | ${points(images.low)} to ${points(images.high)} | ${points(patients!.low)} to ${points(patients!.high)} | ${points(made.patientRecognition.rate)} % (`,
      )
      expect(row).toContain(`| ${confusion.tp} / ${confusion.fp} / ${confusion.tn} / ${confusion.fn} |`)
    }
    expect(results).toContain('(Youden, validation side, then locked)')
    expect(results).toContain('**Pair accuracy 71.3 %**')
    expect(results).toContain('distance threshold 0.8731, chosen on validation pairs')
    expect(results).toContain('percentile bootstrap by patient, 2000 resamples')
    expect(results).toContain('128 training images (kNN, k = 5)')
  })

  it('say where there is no validation side, and no pair', () => {
    const { report: bare } = madeUpStudy({ hasValidation: false, splits: ['patient'], arms: ['esrgan'] })
    const runs = bare.runs.map((each) => ({ ...each, heads: { ...each.heads, pair: null } }))
    const page = reportMarkdown({ ...bare, runs })
    expect(page).toContain('There is no validation side: no threshold but 0.5')
    expect(page).toContain('It has no validation side either.')
    expect(page).toContain('No pairs were evaluated.')
    expect(page).not.toMatch(/Youden|## Runs side by side/)
  })

  it('say where the validation side could choose no threshold', () => {
    const runs = report.runs.map((each) => {
      const head = { ...each.heads.sigmoid, overall: { ...each.heads.sigmoid.overall, locked: null } }
      return { ...each, heads: { ...each.heads, sigmoid: head } }
    })
    const page = reportMarkdown({ ...report, runs, results: runs[0]!.heads.sigmoid })
    expect(page).toContain('The validation side holds one class only: no threshold but 0.5 can be chosen on it')
    expect(page).not.toMatch(/no validation side/)
  })

  it('say of what split the leakage is, and that a patient is known who was only chosen by', () => {
    expect(section(text, 'Leakage')).toContain('This is the patient split; how many test images of the others leak')
    expect(section(text, 'Runs side by side')).toContain(
      '61 of 64 test images of the image split are of patients that were trained on or chosen by.',
    )
    const alone = madeUpStudy({ hasValidation: false, splits: ['image'] }).report
    expect(section(reportMarkdown(alone), 'Leakage')).toMatch(/test images are of patients that were trained on\. An/)
    expect(section(reportMarkdown(alone), 'Leakage')).not.toContain('This is the')
  })

  it.each(['none', 'bicubic', 'psnr', 'esrgan'] as const)('say what made the input, and no other thing: %s', (arm) => {
    const page = reportMarkdown(madeUpStudy({ splits: ['patient'], arms: [arm] }).report)
    expect(section(page, 'Protocol')).toContain('| low-resolution input | 32 x 32 pixels |')
    expect(section(page, 'Super-resolution').includes('is made by the one after the PSNR stage')).toBe(arm === 'psnr')
  })

  it('name no distance where none tells pairs apart', () => {
    const pair = { ...run!.heads.pair!, scale: 0 }
    const page = reportMarkdown({ ...report, runs: [{ ...run!, heads: { ...run!.heads, pair } }] })
    expect(page).toContain('; nearer validation pairs were no likelier to be of one class, so that every pair counts')
    expect(page).not.toContain('distance threshold')
  })

  it('warn of few patients', () => {
    const few = madeUpStudy({ patients: 5 }).report
    expect(reportMarkdown(few)).toContain('\n\n**Only 5 patients to test on: ')
    expect(text).not.toContain('to test on: ')
  })

  it('put every run in one table, with paired tests and what the split makes of it', () => {
    const runs = section(text, 'Runs side by side')
    for (const { split, arm, heads, leakedTestImages } of report.runs) {
      const words = {
        none: 'no enlargement',
        bicubic: 'bicubic x4',
        psnr: 'PSNR-stage generator x4',
        esrgan: 'ESRGAN x4',
      }
      const { accuracy } = heads.sigmoid.overall
      expect(runs).toContain(
        `| ${split} split | ${words[arm]} | 64 of 12 | ${leakedTestImages} | **${points(accuracy)}** |`,
      )
    }
    expect(
      runs.match(/ESRGAN x4 − no enlargement \| \+3\.1 \| -6\.2 to 12\.5 \| 7 : 5 \| 0\.7740 \| -0\.012 \|/g),
    ).toHaveLength(2)
    expect(runs).toContain('None is corrected for there being 12 tests')
    const without = report.comparisons.map((each) => ({ ...each, auc: each.auc && { ...each.auc, delong: null } }))
    expect(reportMarkdown({ ...report, comparisons: without })).toContain('None is corrected for there being 6 tests')
    const difference = (report.runs[4]!.heads.sigmoid.overall.accuracy - sigmoid.overall.accuracy) * 100
    expect(runs).toContain(`(${difference > 0 ? '+' : ''}${difference.toFixed(1)} points); 61 of 64 test images`)
  })

  it('tell how good the probabilities are, beside those that know the share alone', () => {
    const calibration = section(text, 'Calibration')
    const { brier, calibrationError, positives, n, reliability } = sigmoid.overall
    const alone = (positives / n) * (1 - positives / n)
    expect(calibration).toContain(
      `| sigmoid | ${brier!.toFixed(4)} | ${alone.toFixed(4)} | ${calibrationError!.value.toFixed(4)} |`,
    )
    const [bin] = reliability
    expect(calibration).toContain(`| ${bin!.low.toFixed(2)} to ${bin!.high.toFixed(2)} | ${bin!.n} |`)
  })

  it('hold Table II with every published row, and ours with intervals', () => {
    const paper = section(text, 'Beside the published figures')
    for (const { work } of report.published.tableII) expect(paper).toContain(`| ${plain(work)} |`)
    const { accuracy, accuracyByPatient: interval } = sigmoid.byMagnification['40']!.decisions
    expect(paper).toContain(
      `**${(accuracy * 100).toFixed(2)}** [${points(interval!.low)} to ${points(interval!.high)} (by patient)], n = 24`,
    )
    expect(paper).toContain('| the paper | 0.0391 | 0.9887 | 0.9876 | not stated |')
    expect(paper).toContain(
      `| **this run**, patient split, ESRGAN x4 | ${sigmoid.overall.loss['binaryCrossEntropy']!.toFixed(4)} |`,
    )
    expect(paper).toMatch(/\| \*\*this run\*\*, patient split, ESRGAN x4 \|.*\| 64 of 12 \|/)
    expect(paper).toContain('0.92, 0.58, 0.60 and 0.17 points')
    expect(paper).toContain('pool to 98.13 %')
    expect(paper).toContain('more than 85 patients, its Table I of 82')
  })

  it('name versions and duration', () => {
    const cost = section(
      reportMarkdown(report, { runtime: 'Node 20.0.0, linux x64', command: 'a ``` b' }),
      'Time, memory',
    )
    expect(cost).toContain('Duration: 2 min 27 s.')
    expect(cost).toContain('Versions: esrgan-scnn 0.0.0, TensorFlow.js 4.22.0, Node 20.0.0, linux x64.')
    expect(cost).toContain('````\na ``` b\n````')
  })
})
