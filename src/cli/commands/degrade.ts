import { Command, Option } from 'commander'
import { degrade, drawDegradation, modCrop, resizeBicubic, type Degradation } from '../../data/index.js'
import { DataError } from '../../errors.js'
import { readImage, writeImage } from '../../node/index.js'
import type { CommandIO } from '../io.js'
import { createRandom } from '../../random.js'
import { integer, jsonOption, numberOrRange, requireFile, UsageError } from '../options.js'
import { outputFile } from '../outputs.js'

interface DegradeOptions {
  scale: number
  out: string
  up?: boolean
  blur?: number | readonly [number, number]
  noise?: number | readonly [number, number]
  jpeg?: number | readonly [number, number]
  seed: number
  json?: true
}

/** The largest enlarged image, in pixels. */
const maxPixels = 2 ** 28

/** `esrgan-scnn degrade`: MATLAB's bicubic, down or up; down with blur, noise and JPEG. */
export function degradeCommand(io: CommandIO): Command {
  return new Command('degrade')
    .description(
      "Shrinks an image by MATLAB's antialiased bicubic, as super-resolution is trained and measured; --up enlarges.",
    )
    .argument('<image>', 'PNG, JPEG, TIFF or WebP')
    .addOption(new Option('--scale <n>', 'factor along each side').argParser(integer(2, 64)).default(4))
    .requiredOption('--out <path>', 'the image to write; its extension names the format')
    .option('--up', 'enlarge by the factor instead')
    .addOption(
      new Option('--blur <sigma>', 'Gaussian blur before shrinking, in pixels of the original').argParser(
        numberOrRange(0, 100),
      ),
    )
    .addOption(
      new Option('--noise <sigma>', 'Gaussian noise after shrinking, white being 1').argParser(numberOrRange(0, 1)),
    )
    .addOption(
      new Option('--jpeg <quality>', 'JPEG compression at the end, from 1 to 100').argParser(
        numberOrRange(1, 100, true),
      ),
    )
    .addOption(
      new Option('--seed <n>', 'of the noise and of what is drawn').argParser(integer(0, 2 ** 31 - 1)).default(0),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nShrinking first cuts rows and columns that are no multiple of the factor, at the bottom and at the right.\nBlur, noise and JPEG take a number, or LOW:HIGH to draw from.\n\nExamples:\n  $ esrgan-scnn degrade original.png --scale 4 --out small.png\n  $ esrgan-scnn degrade original.png --blur 0.5:2 --noise 0.02 --jpeg 40:90 --seed 7 --out worn.png',
    )
    .action(async (path: string, { scale, out, up = false, seed, json, ...options }: DegradeOptions) => {
      const { blur, noise, jpeg } = options
      const degradation: Degradation = {
        ...(blur === undefined ? {} : { blur }),
        ...(noise === undefined ? {} : { noise }),
        ...(jpeg === undefined ? {} : { jpeg }),
      }
      if (up && Object.keys(degradation).length > 0) {
        throw new UsageError('--up: enlarges only, without --blur, --noise and --jpeg')
      }
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
      const result = up
        ? resizeBicubic(image, { scale })
        : degrade(modCrop(image, scale), { scale, seed, ...degradation })
      // What degrade has drawn.
      const drawn = drawDegradation(createRandom(seed, 'degrade'), degradation)
      await writeImage(target, result)
      const size = { width: result.width, height: result.height }
      const summary = { out: target, ...size, scale, up, ...(up ? {} : { seed, ...drawn }) }
      if (json === true) io.stdout.write(`${JSON.stringify(summary)}\n`)
      else {
        const suffered = [
          drawn.blur === undefined ? '' : `, blur ${drawn.blur.along.toFixed(2)}`,
          drawn.noise === 0 ? '' : `, noise ${drawn.noise.toFixed(4)}`,
          drawn.jpeg === undefined ? '' : `, JPEG ${drawn.jpeg.quality}`,
        ].join('')
        io.stdout.write(`${target}: ${width}x${height} -> ${result.width}x${result.height}${suffered}\n`)
      }
    })
}
