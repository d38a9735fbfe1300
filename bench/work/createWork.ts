import type { Spec } from '../rows.js'
import { convolutionWork } from './convolution.js'
import { discriminatorWork } from './discriminator.js'
import { generatorWork } from './generator.js'
import { siameseWork } from './siamese.js'
import { vggWork } from './vgg.js'
import type { Work } from './work.js'

/** What a row measures, ready to run on the active backend. */
export async function createWork(spec: Spec): Promise<Work> {
  switch (spec.kind) {
    case 'conv-forward':
    case 'conv-input-gradient':
    case 'conv-filter-gradient':
      return convolutionWork(spec)
    case 'rrdb-train':
    case 'rrdb-forward':
      return generatorWork(spec)
    case 'discriminator-step':
      return discriminatorWork(spec)
    case 'siamese-step':
      return siameseWork(spec)
    case 'vgg-gradient':
      return vggWork(spec)
  }
}
