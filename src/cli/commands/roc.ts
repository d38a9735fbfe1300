import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { DataError } from '../../errors.js'
import { delongInterval, rocAuc, rocCurve } from '../../metrics/index.js'
import type { CommandIO } from '../io.js'
import { jsonOption, requireFile } from '../options.js'
import { parseScores } from '../scores.js'

/** `esrgan-scnn roc`: curve and area of a table of scores. */
export function rocCommand(io: CommandIO): Command {
  return new Command('roc')
    .description('ROC curve and AUC of a CSV with the columns label,score[,group], as JSON on stdout.')
    .argument('<file>', 'label: 0 or 1 (or benign, malignant); score: higher = more malignant; group: the patient')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe first threshold of the curve is infinite, which JSON writes as null. The interval (DeLong, logit, 95 %) counts rows as independent.\n\nExample:\n  $ esrgan-scnn roc scores.csv',
    )
    .action(async (file: string, { json }: { json?: true }) => {
      await requireFile('FILE', file)
      const { labels, scores, groups } = parseScores(await readFile(file, 'utf8'), file)
      const positives = labels.filter((label) => label === 1).length
      const negatives = labels.length - positives
      if (positives === 0 || negatives === 0) {
        throw new DataError(
          file,
          `holds one class only (${positives} positive, ${negatives} negative); a ROC curve needs both`,
        )
      }
      const auc = rocAuc(labels, scores)
      // DeLong's variance needs two of each class, and a perfect separation has none to speak of.
      const delong = positives > 1 && negatives > 1 ? delongInterval(labels, scores) : undefined
      const interval =
        delong === undefined || !(delong.variance > 0)
          ? null
          : {
              low: delong.low,
              high: delong.high,
              level: delong.level,
              method: 'DeLong, logit, rows counted as independent',
            }
      const result = {
        auc,
        n: labels.length,
        positives,
        ...(groups === undefined ? {} : { groups: new Set(groups).size }),
        interval,
        roc: rocCurve(labels, scores),
      }
      io.stdout.write(`${JSON.stringify(result)}\n`)
      if (json !== true) {
        const range = interval === null ? '' : ` [${interval.low.toFixed(4)}, ${interval.high.toFixed(4)}]`
        io.stderr.write(`AUC ${auc.toFixed(4)}${range}, n = ${labels.length} (${positives} positive)\n`)
      }
    })
}
