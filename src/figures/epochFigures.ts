import type { EpochHistory, PipelineReport } from '../pipeline/reportTypes.js'
import { protocolLines } from './protocolLines.js'
import { renderChart } from './renderChart.js'
import { colours } from './style.js'
import { wrapLines } from './svg.js'

interface EpochChart {
  title: string
  /** What the two curves are, for the legend: the training curve's words, and what is added to the name of the held-out side. */
  curves: readonly [train: string, heldOut: string]
  unit: string
  format: string
  /** The largest value there can be, or undefined. */
  ceiling: number | undefined
  train: (epoch: EpochHistory) => number
  heldOut: (epoch: EpochHistory) => number
}

async function epochFigure(report: PipelineReport, chart: EpochChart): Promise<string> {
  const { protocol, history } = report
  const lines = wrapLines(protocolLines(report), 560)
  const train = `${chart.curves[0]} (${protocol.train.images + protocol.train.augmented} images, ${protocol.train.augmented} of them augmented)`
  const isTest = protocol.curves === 'test' || protocol.validation === null
  const heldOut = isTest ? protocol.test : protocol.validation!
  const test = `${isTest ? 'test' : 'validation'}${chart.curves[1]} (${heldOut.images} images of ${heldOut.patients} patients${isTest ? '; chose nothing' : ''})`
  const values = history.siamese.flatMap((epoch) => [
    { epoch: epoch.epoch, side: train, value: chart.train(epoch) },
    { epoch: epoch.epoch, side: test, value: chart.heldOut(epoch) },
  ])
  const low = Math.min(...values.map(({ value }) => value))
  const scale = chart.ceiling === undefined ? { zero: true } : { domain: [Math.floor(low * 10) / 10, chart.ceiling] }
  const sides = [train, test]
  const encodeSide = {
    color: {
      field: 'side',
      type: 'nominal',
      scale: { domain: sides, range: [colours.blue, colours.orange] },
      legend: { orient: 'bottom', title: null, direction: 'vertical' },
    },
    shape: { field: 'side', type: 'nominal', scale: { domain: sides, range: ['circle', 'square'] } },
  } as const
  return await renderChart({
    width: 520,
    height: 300,
    autosize: 'none',
    padding: { left: 76, right: 28, top: 62 + 14 * lines.length, bottom: 108 },
    title: { text: chart.title, subtitle: lines },
    data: { values },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative',
        title: 'epoch',
        scale: { domain: [1, Math.max(2, history.siamese.length)], nice: false },
        axis: { tickMinStep: 1, format: 'd', grid: false, labelFlush: false },
      },
      y: { field: 'value', type: 'quantitative', title: chart.unit, scale, axis: { format: chart.format } },
      ...encodeSide,
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2 } },
      { mark: { type: 'point', filled: true, size: 50, opacity: 1 } },
    ],
  })
}

/**
 * Accuracy per epoch of the Siamese network's sigmoid head, training beside validation or, where there is none, test (the paper's
 * Fig. 4), as SVG.
 */
export async function accuracyFigure(report: PipelineReport): Promise<string> {
  return await epochFigure(report, {
    title: 'Accuracy per epoch, Siamese network',
    curves: ['training', ''],
    unit: 'accuracy',
    format: '.0%',
    ceiling: 1,
    train: (epoch) => epoch.accuracy,
    heldOut: (epoch) => epoch.heldOutAccuracy,
  })
}

/**
 * Loss per epoch of the Siamese network: the training objective, and the head's loss on the validation side or, where there is
 * none, on the test side (the paper's Fig. 5), as SVG.
 */
export async function lossFigure(report: PipelineReport): Promise<string> {
  return await epochFigure(report, {
    title: 'Loss per epoch, Siamese network',
    curves: ['training, all loss terms', ', loss of the head'],
    unit: 'loss',
    format: '~g',
    ceiling: undefined,
    train: (epoch) => epoch.loss,
    heldOut: (epoch) => epoch.heldOutLoss,
  })
}
