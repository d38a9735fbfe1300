import { count, list, plain, stack, table } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'
import { figure } from './figure.js'

/** One line for every time that training went back; nothing where it never did. */
function rollBackText({ history: { rollBacks } }: PipelineReport): string | undefined {
  if (rollBacks.length === 0) return undefined
  const lines = rollBacks.map(
    ({ stage, step, to, reason, rateFactor }) =>
      `${stage === 'psnr' ? 'PSNR stage' : 'GAN stage'}: with ${count(step, 'step')} done (${plain(reason)}), back to ${count(to, 'step')}, learning rate times ${rateFactor}`,
  )
  return `Training diverged ${count(lines.length, 'time')} and went back to its last good weights:\n\n${list(lines)}`
}

/** The generator beside bicubic on held-out images. */
export function superResolutionSection(report: PipelineReport): string {
  const sr = report.superResolution
  const better = (own: number, other: number, digits: number): string =>
    own.toFixed(digits) === other.toFixed(digits) ? 'neither' : own > other ? 'the generator' : 'bicubic'
  const rows = [
    ['PSNR in dB', sr.psnr.toFixed(2), sr.bicubicPsnr.toFixed(2), better(sr.psnr, sr.bicubicPsnr, 2)],
    ['SSIM', sr.ssim.toFixed(4), sr.bicubicSsim.toFixed(4), better(sr.ssim, sr.bicubicSsim, 4)],
  ]
  return stack([
    '## Super-resolution x4 of held-out images',
    table(['mean', 'generator', 'bicubic', 'better'], rows),
    `${count(sr.n, 'image')} of the test side, ${sr.channel.toUpperCase()} channel, ${sr.crop} pixels cropped at each border; low resolution by MATLAB’s bicubic x1/4. A generator trained against a discriminator gives up PSNR for sharpness: less PSNR than bicubic is no defect by itself, nor does more of it show that a diagnosis gets better.`,
    report.runs[0]!.arm === 'psnr'
      ? 'This generator is the one after the GAN stage; the default run’s input is made by the one after the PSNR stage, which generator.safetensors holds.'
      : undefined,
    rollBackText(report),
    figure(report, 'panel'),
  ])
}
