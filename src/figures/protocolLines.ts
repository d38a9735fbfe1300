import type { PipelineReport } from '../pipeline/reportTypes.js'
import { noticeLines } from '../pipeline/notices.js'
import { splitWords } from '../pipeline/splitWords.js'

/** The small print under a figure's title: what is unusual about the run, then the protocol, of the main split or of those given. */
export function protocolLines(
  { protocol }: PipelineReport,
  splits: readonly string[] = [splitWords(protocol.split)],
): string[] {
  const { seed, preset, backend, source, images, patients } = protocol
  const origin = source === 'breakhis' ? 'BreaKHis' : source
  return [
    ...noticeLines(protocol).map(({ short }) => short),
    `${splits.join(', ')} · seed ${seed} · ${preset} preset · ${backend} backend · ${images} ${origin} images of ${patients} patients`,
  ]
}
