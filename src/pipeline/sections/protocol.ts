import { armWords } from '../armWords.js'
import { count, list, plain, stack, table } from '../markdown.js'
import type { PipelineReport } from '../reportTypes.js'
import { splitSentence, splitWords } from '../splitWords.js'

/** How the results came about. */
export function protocolSection({ protocol, runs, versions }: PipelineReport): string {
  const { train, validation, test, networks, skipped } = protocol
  const arms = [...new Set(runs.map(({ arm }) => arm))]
  const splits = [...new Set(runs.map(({ split }) => split))]
  const rows = [
    ['images', `${protocol.images} of ${count(protocol.patients, 'patient')}: ${plain(protocol.sourceDescription)}`],
    ['split', splitSentence(protocol.split)],
    ...(splits.length < 2 ? [] : [['splits compared', splits.map((split) => plain(splitWords(split))).join(', ')]]),
    ['inputs of the Siamese network', arms.map((arm) => armWords[arm]).join(', ')],
    [
      'training side',
      `${count(train.images, 'image')} of ${count(train.patients, 'patient')}, and ${count(train.augmented, 'augmented copy', 'augmented copies')}`,
    ],
    [
      'validation side',
      validation === null ? 'none' : `${count(validation.images, 'image')} of ${count(validation.patients, 'patient')}`,
    ],
    ['test side', `${count(test.images, 'image')} of ${count(test.patients, 'patient')}, untouched`],
    ['preset', plain(protocol.preset)],
    ['seed', String(protocol.seed)],
    ['backend', plain(protocol.backend)],
    ['low-resolution input', `${protocol.inputSize} x ${protocol.inputSize} pixels`],
    ['generator', plain(networks.generator)],
    ['discriminator', plain(networks.discriminator)],
    ['Siamese network', plain(networks.siamese)],
    [
      'perceptual loss',
      protocol.perceptual === 'vgg19'
        ? 'VGG19 features'
        : `${plain(protocol.perceptual)} features, not VGG19: no VGG weights were given`,
    ],
    ['versions', `esrgan-scnn ${plain(versions.package)}, TensorFlow.js ${plain(versions.tfjs)}`],
  ]
  return stack([
    '## Protocol',
    table(['what', 'value'], rows),
    ...(skipped.length === 0 ? [] : ['Left out as unreadable:', list(skipped.map(plain))]),
  ])
}

/** Every setting, as it was. */
export function settingsSection({ protocol }: PipelineReport): string {
  const rows = Object.entries(protocol.settings).map(([name, value]) => [plain(name), plain(String(value))])
  return stack(['## Settings', table(['setting', 'value'], rows)])
}
