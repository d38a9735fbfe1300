import { Command, Option } from 'commander'
import { modCrop, resizeBicubic } from '../../data/index.js'
import { DataError } from '../../errors.js'
import { readImage, writeImage } from '../../node/index.js'
import type { CommandIO } from '../io.js'
import { integer, jsonOption, requireFile } from '../options.js'
import { outputFile } from '../outputs.js'

interface DegradeOptions {
  scale: number
  out: string
  up?: boolean
  json?: true
}

/** The largest enlarged image, in pixels. */
const maxPixels = 2 ** 28

/** `esrgan-scnn degrade`: MATLAB's bicubic, down or up. */
export function degradeCommand(io: CommandIO): Command {
  return new Command('degrade')
    .description(
      "Shrinks an image by MATLAB's antialiased bicubic, as super-resolution is trained and measured; --up enlarges.",
    )
    .argument('<image>', 'PNG, JPEG, TIFF or WebP')
    .addOption(new Option('--scale <n>', 'factor along each side').argParser(integer(2, 64)).default(4))
    .requiredOption('--out <path>', 'the image to write; its extension names the format')
    .option('--up', 'enlarge by the factor instead')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nShrinking first cuts rows and columns that are no multiple of the factor, at the bottom and at the right.\n\nExample:\n  $ esrgan-scnn degrade original.png --scale 4 --out small.png',
    )
    .action(async (path: string, { scale, out, up = false, json }: DegradeOptions) => {
      await requireFile('IMAGE', path)
      const target = await outputFile(out, path)
      const image = await readImage(path)
      const { width, height } = image
      if (!up && Math.min(width, height) < scale) {
        throw new DataError(path, `is ${width}x${height} pixels, too small to shrink by ${scale}`)
      }
      if (up && width * height * scale * scale > maxPixels) {
        throw new DataError(
          path,
          `is ${width}x${height} pixels; enlarged by ${scale} it would have more than ${maxPixels} pixels`,
        )
      }
      const result = up ? resizeBicubic(image, { scale }) : resizeBicubic(modCrop(image, scale), { scale: 1 / scale })
      await writeImage(target, result)
      const summary = { out: target, width: result.width, height: result.height, scale, up }
      if (json === true) io.stdout.write(`${JSON.stringify(summary)}\n`)
      else io.stdout.write(`${target}: ${width}x${height} -> ${result.width}x${result.height}\n`)
    })
}
