import { markdownTable, number, time, type Column } from '../table.js'
import type { DataResult } from './measureData.js'

/** A rate with three digits, in whole numbers from a hundred. */
const rate = (perSecond: number | null): string =>
  perSecond === null ? '–' : perSecond >= 100 ? Math.round(perSecond).toString() : perSecond.toPrecision(3)

const peer: Column<DataResult> = ['compared with', (result) => result.peer ?? '–']

const images: readonly Column<DataResult>[] = [
  ['row', ({ name }) => name],
  ['backend', ({ backend }) => backend ?? '–'],
  ['threads', ({ threads }) => String(threads)],
  ['ms an image', ({ medianMs, count }) => time(medianMs === null ? null : medianMs / count)],
  ['images/s', ({ perSecond }) => rate(perSecond)],
  ['peak MB', ({ peakMB }) => number(peakMB, 0)],
  ['data share', ({ dataShare }) => (dataShare === null ? '–' : `${(100 * dataShare).toFixed(1)} %`)],
  peer,
  ['images/s there', ({ peerPerSecond }) => rate(peerPerSecond)],
  ['ratio', ({ ratioToPeer }) => number(ratioToPeer, 2)],
]

/** Columns of records or scores. */
const counted = (unit: 'records' | 'scores'): readonly Column<DataResult>[] => [
  ['row', ({ name }) => name],
  ['ms', ({ medianMs }) => time(medianMs)],
  [`${unit}/s`, ({ perSecond }) => rate(perSecond)],
  ['growth', ({ growth }) => number(growth, 2)],
  ['peak MB', ({ peakMB }) => number(peakMB, 0)],
  peer,
  ['ms there', ({ peerMs }) => time(peerMs)],
  ['growth there', ({ peerGrowth }) => number(peerGrowth, 2)],
  ['MB there', ({ peerPeakMB }) => number(peerPeakMB, 0)],
  ['ratio', ({ ratioToPeer }) => number(ratioToPeer, 2)],
]

const names = ['row', 'backend', 'compared with']

/** The rows of images as a Markdown table. */
export const imagesTable = (results: readonly DataResult[]): string => markdownTable(results, images, names)

/** The rows of records as a Markdown table. */
export const recordsTable = (results: readonly DataResult[]): string =>
  markdownTable(results, counted('records'), names)

/** The rows of scores as a Markdown table. */
export const scoresTable = (results: readonly DataResult[]): string => markdownTable(results, counted('scores'), names)
