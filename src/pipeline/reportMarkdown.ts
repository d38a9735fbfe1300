import { count, stack } from './markdown.js'
import { noticeLines } from './notices.js'
import type { PipelineReport } from './reportTypes.js'
import type { RunEnvironment } from './runEnvironment.js'
import { paperSection, tableISection } from './sections/besidePaper.js'
import { calibrationSection } from './sections/calibration.js'
import { costSection } from './sections/cost.js'
import { leakageSection } from './sections/leakage.js'
import { limitsSection } from './sections/limits.js'
import { embeddingSection, mistakesSection, trainingSection } from './sections/looks.js'
import { protocolSection, settingsSection } from './sections/protocol.js'
import { resultsSection } from './sections/results.js'
import { sideBySideSection } from './sections/sideBySide.js'
import { superResolutionSection } from './sections/superResolution.js'
import { splitWords } from './splitWords.js'

/** What the images are, for the first line. */
function sourceName({ source }: PipelineReport['protocol']): string {
  if (source === 'synthetic') return 'synthetic image'
  return source === 'breakhis' ? 'BreaKHis image' : 'custom image'
}

/** The report's first line: what was run on what. */
export function reportTitle({ protocol }: PipelineReport): string {
  const rehearsal = protocol.maxSteps === null ? '' : ', rehearsal with limited steps'
  return `ESRGAN + Siamese CNN, benign against malignant: ${count(protocol.images, sourceName(protocol))}, ${splitWords(protocol.split)}, ${protocol.preset} preset${rehearsal}`
}

/**
 * The report as a Markdown page. The first line says what was run on what; a run on drawn images, with limited steps, or with
 * images left out says so in bold right below it. Figures are those of `report.figures`, as paths relative to the page; names
 * of images and folders cannot become markup.
 */
export function reportMarkdown(report: PipelineReport, environment: RunEnvironment = {}): string {
  const page = stack([
    `# ${reportTitle(report)}`,
    ...noticeLines(report.protocol).map(({ long }) => `**${long}**`),
    'A run of the pipeline of Nneji et al., *A Super-Resolution Generative Adversarial Network with Siamese CNN Based on Low Quality for Breast Cancer Identification*, PRAI 2021, doi 10.1109/PRAI53619.2021.9551033.',
    resultsSection(report),
    sideBySideSection(report),
    calibrationSection(report),
    mistakesSection(report),
    embeddingSection(report),
    superResolutionSection(report),
    protocolSection(report),
    leakageSection(report),
    paperSection(report),
    tableISection(report),
    trainingSection(report),
    settingsSection(report),
    costSection(report, environment),
    limitsSection(report),
  ])
  return `${page}\n`
}
