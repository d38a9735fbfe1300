import type { Arm } from './reportTypes.js'

/** What each arm of the ablation gives the Siamese network, in a few words. */
export const armWords: Readonly<Record<Arm, string>> = {
  none: 'no enlargement',
  bicubic: 'bicubic x4',
  psnr: 'PSNR-stage generator x4',
  esrgan: 'ESRGAN x4',
}
