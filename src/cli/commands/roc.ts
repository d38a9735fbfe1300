import { readFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { DataError } from '../../errors.js'
import type { CommandIO } from '../io.js'
import { finiteNumber, jsonOption, requireFile } from '../options.js'
import { rocResult } from '../rocResult.js'
import { parseScores } from '../scores.js'

/** `esrgan-scnn roc`: curve, area and decisions of a table of scores. */
export function rocCommand(io: CommandIO): Command {
  return new Command('roc')
    .description(
      'ROC curve, AUC with its interval, average precision, thresholds and decisions of a CSV with the columns label,score[,group], as JSON on stdout.',
    )
    .argument('<file>', 'label: 0 or 1 (or benign, malignant); score: higher = more malignant; group: the patient')
    .addOption(
      new Option(
        '--threshold <t>',
        'what is called malignant: score >= t (default: 0.5 where all scores are in [0, 1], else nothing is decided)',
      ).argParser(finiteNumber),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nWithout groups the interval of the AUC (95 %) is DeLong\'s, which counts rows as independent; with them whole groups are resampled, and "patients" holds patient recognition rate and patient AUC. The thresholds are chosen on these very rows: lock them before the test. The first threshold of the curve is infinite, which JSON writes as null, as it does rates without a case.\n\nExample:\n  $ esrgan-scnn roc scores.csv',
    )
    .action(async (file: string, { json, threshold }: { json?: true; threshold?: number }) => {
      await requireFile('FILE', file)
      const table = parseScores(await readFile(file, 'utf8'), file)
      const positives = table.labels.filter((label) => label === 1).length
      const negatives = table.labels.length - positives
      if (positives === 0 || negatives === 0) {
        throw new DataError(
          file,
          `holds one class only (${positives} positive, ${negatives} negative); a ROC curve needs both`,
        )
      }
      const result = rocResult(table, threshold)
      io.stdout.write(`${JSON.stringify(result)}\n`)
      if (json === true) return
      const { auc, interval, patients } = result
      const range = interval === null ? '' : ` [${interval.low.toFixed(4)}, ${interval.high.toFixed(4)}]`
      const byPatient =
        typeof patients?.auc === 'number' ? `, by patient ${patients.auc.toFixed(4)} (${patients.n} patients)` : ''
      io.stderr.write(`AUC ${auc.toFixed(4)}${range}${byPatient}, n = ${result.n} (${positives} positive)\n`)
    })
}
