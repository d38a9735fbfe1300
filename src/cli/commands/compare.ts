import { Command, Option } from 'commander'
import { DataError } from '../../errors.js'
import { psnr, ssim } from '../../metrics/index.js'
import { readImage } from '../../node/index.js'
import type { CommandIO } from '../io.js'
import { integer, jsonOption, requireFile } from '../options.js'

interface CompareOptions {
  channel: 'y' | 'rgb' | 'grey'
  crop: number
  json?: true
}

/** `esrgan-scnn compare`: PSNR and SSIM of two images of one size. */
export function compareCommand(io: CommandIO): Command {
  return new Command('compare')
    .description('PSNR and SSIM of two images of equal size, as JSON on stdout.')
    .argument('<hr>', 'the original image')
    .argument('<sr>', 'the image to judge')
    .addOption(
      new Option('--channel <name>', 'y = luma as in the super-resolution literature')
        .choices(['y', 'rgb', 'grey'])
        .default('y'),
    )
    .addOption(new Option('--crop <n>', 'pixels left out at each border').argParser(integer(0)).default(4))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nIdentical images have no finite PSNR: it is null then.\n\nExample:\n  $ esrgan-scnn compare original.png enlarged.png --channel y --crop 4',
    )
    .action(async (hr: string, sr: string, { channel, crop, json }: CompareOptions) => {
      await requireFile('HR', hr)
      await requireFile('SR', sr)
      const [a, b] = [await readImage(hr), await readImage(sr)]
      if (a.width !== b.width || a.height !== b.height) {
        throw new DataError(
          sr,
          `is ${b.width}x${b.height} pixels, ${hr} is ${a.width}x${a.height}; the sizes must be equal`,
        )
      }
      if (channel === 'grey' && (a.channels > 2 || b.channels > 2)) {
        throw new DataError(
          a.channels > 2 ? hr : sr,
          'is a colour image; --channel grey takes grey ones, y the luma of colours',
        )
      }
      const smallest = 11
      if (Math.min(a.width, a.height) - 2 * crop < smallest) {
        throw new DataError(
          hr,
          `${a.width}x${a.height} pixels less a crop of ${crop} leave fewer than ${smallest} a side, which SSIM needs`,
        )
      }
      const decibels = psnr(a, b, { channel, crop })
      const result = {
        psnr: Number.isFinite(decibels) ? decibels : null,
        ssim: ssim(a, b, { channel, crop }),
        channel,
        crop,
      }
      io.stdout.write(`${JSON.stringify(result)}\n`)
      if (json !== true) {
        const value = result.psnr === null ? 'identical' : `${decibels.toFixed(2)} dB`
        io.stderr.write(`PSNR ${value}, SSIM ${result.ssim.toFixed(4)} (${channel}, crop ${crop})\n`)
      }
    })
}
