import type { PipelineReport } from './reportTypes.js'

/** Something a reader must know before any number of the report. */
export interface Notice {
  /** For a figure's small print. */
  readonly short: string
  /** For the top of the report. */
  readonly long: string
}

/** What makes a run's numbers less than a result: drawn images, or a limit on its steps. Empty for a full run on real images. */
export function noticeLines({ source, maxSteps, skipped }: PipelineReport['protocol']): Notice[] {
  const notices: Notice[] = []
  if (source === 'synthetic') {
    notices.push({
      short: 'SYNTHETIC IMAGES: drawn by the program, no tissue, no medical meaning',
      long: 'Synthetic images: every picture was drawn by the program. No number below says anything about tissue or about cancer.',
    })
  }
  if (maxSteps !== null) {
    notices.push({
      short: `REHEARSAL: every stage limited to ${maxSteps} ${maxSteps === 1 ? 'step' : 'steps'}`,
      long: `Rehearsal, not a result: every stage was limited to ${maxSteps} ${maxSteps === 1 ? 'step' : 'steps'} and as many images as these need (maxSteps).`,
    })
  }
  if (skipped.length > 0) {
    const images = skipped.length === 1 ? 'image was' : 'images were'
    notices.push({
      short: `${skipped.length} unreadable ${images} left out`,
      long: `Incomplete data: ${skipped.length} unreadable ${images} left out, listed under Protocol.`,
    })
  }
  return notices
}
