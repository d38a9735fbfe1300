import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { publishedTableI, syntheticHistology } from '../../src/data/index.js'
import { encodeImage } from '../../src/node/index.js'
import type { PixelImage } from '../../src/image.js'
import { describeShared, sharedData } from '../helpers/shared.js'
import { cli, inFolder, type CliResult } from './helpers.js'

const drawn = syntheticHistology({ patients: 4, imagesPerPatient: 2, width: 64, height: 64 })
const picture = (i: number): Promise<PixelImage> => drawn.read(drawn.records[i]!)

/** Eight different images of four patients under BreaKHis' names. */
async function fillFolder(folder: string): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const slide = ['B_A-14-1A', 'B_A-14-1B', 'M_DC-14-3', 'M_DC-14-4'][i >> 1]!
    await writeFile(join(folder, `SOB_${slide}-40-${i}.png`), await encodeImage(await picture(i), 'x.png'))
  }
}

describe('audit', () => {
  it('shows the control characters of a name that another chose, and obeys none', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      await writeFile(join(folder, 'a\u001b[31mEVIL\nesrgan-scnn: fine.png'), '')
      const { code, stderr } = await cli(['audit', folder])
      expect(code).toBe(1)
      const last = stderr.trimEnd().split('\n').at(-1)!
      expect(last).toContain('esrgan-scnn audit: ')
      expect(last).toContain('a\\x1b[31mEVIL\\x0aesrgan-scnn: fine.png')
      expect(stderr).not.toContain('\u001b[31m')
    })
  })

  it('counts images and finds nothing where nothing is', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      const { code, stdout, stderr } = await cli(['audit', folder, '--split', 'patient', '--json'])
      expect(code).toBe(0)
      expect(stderr).toMatch(/audit 8\/8/)
      expect(JSON.parse(stdout)).toMatchObject({
        images: 8,
        slides: 4,
        patients: 4,
        accessions: 3,
        duplicates: [],
        leaks: [],
        unreadable: [],
        collisions: [{ kind: 'accession', name: '14-1', members: ['14-1A', '14-1B'], acrossSides: true }],
        split: { name: 'patient', kind: 'patient', seed: 1, testFraction: 0.2, train: 4, test: 4 },
        unknown: { slides: 0, accessions: 0 },
      })
      const table = await cli(['audit', folder, '--split', 'patient', '--test-fraction', '0.5'])
      expect(table.code).toBe(0)
      expect(table.stdout).toContain('8 images · 4 slides · 4 patient ids · 3 accessions')
      expect(table.stdout).toMatch(/^benign +4 +0 +0 +0 +4 +2$/m)
      expect(table.stdout).toContain('of 8 images compared: none')
      expect(table.stdout).toContain('CLEAN')
      expect(table.stdout).toContain('warning: 1 accession on both sides')
    })
  })

  it('fails where one picture is on both sides of a split by patient, encoded again or not, and only describes it by image', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      const jpeg = await encodeImage(await picture(4), 'x.jpg', { quality: 60 })
      // Of patient 3, now also of patient 4: each is alone in its class, so that they are on two sides.
      await mkdir(join(folder, 'again'))
      await writeFile(join(folder, 'again', 'SOB_M_DC-14-4-40-9.png'), jpeg)
      const { code, stdout, stderr } = await cli(['audit', folder, '--split', 'patient'])
      expect(code).toBe(1)
      expect(stderr).toContain('esrgan-scnn audit: the patient split leaks')
      expect(stdout).toMatch(/looking the same: SOB_M_DC-14-3-40-4, SOB_M_DC-14-4-40-9 \(2 patients, ON BOTH SIDES\)/)
      expect(stdout).toMatch(/LEAKS.*\n  - looking the same: SOB_M_DC-14-3-40-4, SOB_M_DC-14-4-40-9/)
      const image = await cli(['audit', folder, '--split', 'image', '--json'])
      expect(image.code).toBe(0)
      expect(JSON.parse(image.stdout).leaks).toEqual(
        expect.arrayContaining([expect.objectContaining({ kind: 'patient' })]),
      )
      const whole = await cli(['audit', folder])
      expect(whole.code).toBe(0)
      expect(whole.stdout).toContain('1 group')
      expect(whole.stdout).not.toContain('BOTH SIDES')
    })
  })

  it('stops at a corrupt file and says how to go on, or leaves it out', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      await writeFile(join(folder, 'SOB_M_DC-14-4-40-99.png'), 'no image')
      const stopped = await cli(['audit', folder])
      expect(stopped).toMatchObject({ code: 1, stdout: '' })
      expect(stopped.stderr).toMatch(/SOB_M_DC-14-4-40-99\.png.*cannot be decoded/)
      expect(stopped.stderr).toContain('--on-corrupt skip')
      const skipped = await cli(['audit', folder, '--on-corrupt', 'skip', '--json'])
      expect(skipped.code).toBe(0)
      expect(JSON.parse(skipped.stdout)).toMatchObject({
        images: 8,
        unreadable: [{ image: 'SOB_M_DC-14-4-40-99', problem: expect.stringContaining('cannot be decoded') }],
      })
    })
  })

  it('says how to go on for anything that cannot be read', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      await writeFile(join(folder, 'SOB_M_DC-14-4-40-99.png'), '')
      await truncate(join(folder, 'SOB_M_DC-14-4-40-99.png'), 2 ** 30)
      const stopped = await cli(['audit', folder])
      expect(stopped).toMatchObject({ code: 1, stdout: '' })
      expect(stopped.stderr).toMatch(
        /SOB_M_DC-14-4-40-99\.png: (?!cannot be decoded).*\(--on-corrupt skip leaves it out\)/,
      )
      expect((await cli(['audit', folder, '--on-corrupt', 'skip'])).code).toBe(0)
    })
  })

  it('is stopped by an interrupt', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      const { code, stderr } = await cli(['audit', folder], /audit 1\/8/)
      expect(code).toBe(1)
      expect(stderr).toContain('stopped; nothing was written')
    })
  })

  it('reads a list of images', async () => {
    await inFolder(async (folder) => {
      const png = await encodeImage(await picture(0), 'x.png')
      for (const name of ['a.png', 'b.png']) await writeFile(join(folder, name), png)
      const list = join(folder, 'list.csv')
      await writeFile(list, 'path,label,group\na.png,benign,p1\nb.png,malignant,p2\n')
      const { code, stdout } = await cli(['audit', list])
      expect(code).toBe(0)
      expect(stdout).toContain('identical files: a.png, b.png (2 patients, DIFFERENT DIAGNOSES)')
    })
  })

  const lists = async (
    rows: readonly string[],
    options: readonly string[],
    body: (result: CliResult) => void,
  ): Promise<void> => {
    await inFolder(async (folder) => {
      for (const [i, name] of ['a.png', 'b.png', 'c.png', 'd.png'].entries()) {
        await writeFile(join(folder, name), await encodeImage(await picture(2 * i), name))
      }
      const list = join(folder, 'list.csv')
      await writeFile(list, rows.join('\n'))
      body(await cli(['audit', list, ...options]))
    })
  }

  it('finds a slide on both sides under two patients', async () => {
    const rows = [
      'path,label,group,slide',
      'a.png,benign,p1,s1',
      'b.png,malignant,p2,s2',
      'c.png,benign,p3,s1',
      'd.png,malignant,p4,s2',
    ]
    await lists(rows, ['--split', 'patient', '--test-fraction', '0.5'], ({ code, stdout }) => {
      expect(code).toBe(1)
      expect(stdout).toContain('slide s1 is filed under 2 patient ids: p1, p3 · ON BOTH SIDES')
      expect(stdout).toMatch(/LEAKS.*\n  - slide s1 \(1 to train on, 1 to test\)\n  - slide s2 \(1/)
      expect(stdout).toMatch(/^4 images · 2 slides · 4 patient ids · accessions not known$/m)
      expect(stdout).toMatch(/ slides$/m)
    })
  })

  it('counts patients where slides are not known, and neither where only some are', async () => {
    const rows = (slide: string): string[] => [
      'path,label,group,slide',
      `a.png,benign,p1,${slide}`,
      'b.png,malignant,p2,',
      'c.png,benign,p1,',
    ]
    await lists(rows(''), [], ({ stdout }) => {
      expect(stdout).toMatch(/^3 images · slides not known · 2 patient ids · accessions not known$/m)
      expect(stdout).toMatch(/^ +images patients$/m)
      expect(stdout).toMatch(/^total +3 +2$/m)
    })
    await lists(rows('s1'), [], ({ stdout }) => {
      expect(stdout).toMatch(/^3 images · 1 slide \(not known of 2 images\) · 2 patient ids/m)
      expect(stdout).toMatch(/^ +images$/m)
      expect(stdout).toMatch(/^total +3$/m)
    })
  })

  it('says what a split by image has on both sides, and how many magnifications are not known', async () => {
    const rows = [
      'path,label,group,magnification',
      'a.png,benign,p1,40',
      'b.png,malignant,p2,40',
      'c.png,benign,p3,',
      'd.png,malignant,p4,100',
    ]
    await lists(rows, ['--split', 'image'], ({ code, stdout }) => {
      expect(code).toBe(0)
      expect(stdout).toMatch(/^total +2 +1 +0 +0 +4 +4\nThe sum holds 1 image of unknown magnification\.$/m)
      expect(stdout).toMatch(/^ {2}0 of 2 test images are of patients trained on/m)
      expect(stdout).not.toContain('CLEAN')
    })
  })

  it('refuses a split by accession where none is known, and warns where some are not', async () => {
    const rows = (accession: string): string[] => [
      'path,label,group,accession',
      `a.png,benign,p1,${accession}`,
      'b.png,malignant,p2,',
      'c.png,benign,p3,',
      'd.png,malignant,p4,',
    ]
    await lists(rows(''), ['--split', 'accession'], ({ code, stdout, stderr }) => {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('no accession number is known of any image')
    })
    await lists(rows('x'), ['--split', 'accession'], ({ code, stdout }) => {
      expect(code).toBe(0)
      expect(stdout).toContain('warning: the accession of 3 images is not known')
    })
  })

  it('counts one picture once, in however many ways it is there', async () => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      const put = async (name: string, type: string): Promise<void> =>
        writeFile(join(folder, name), await encodeImage(await picture(0), `x.${type}`, { quality: 60 }))
      await put('SOB_B_A-14-1A-40-90.png', 'png')
      await put('SOB_B_A-14-1A-40-91.png', 'tif')
      await put('SOB_B_A-14-1A-40-92.png', 'jpg')
      const { stdout } = await cli(['audit', folder])
      expect(stdout).toMatch(/compared: 1 group\n  looking the same: (SOB_B_A-14-1A-40-\d+(, )?){4}\n/)
      const { duplicates } = JSON.parse((await cli(['audit', folder, '--json'])).stdout)
      expect(duplicates.map((group: { kind: string; nested: boolean }) => [group.kind, group.nested])).toEqual([
        ['bytes', true],
        ['pixels', true],
        ['perceptual', false],
      ])
    })
  })

  it('takes only the names of BreaKHis for BreaKHis, however many others there are', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'names.txt')
      const names = Array.from({ length: publishedTableI.total.sum }, (_, i) => `SOB_M_DC-14-${i % 9}-40-${i}.png`)
      await writeFile(file, names.join('\n'))
      const { code, stdout, stderr } = await cli(['audit', file])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^7,909 images · 9 slides/)
      expect(stdout).not.toContain('official')
    })
  })

  it('reads names, in a file or a folder of files, and no image', async () => {
    await inFolder(async (folder) => {
      const file = join(folder, 'names.txt')
      await writeFile(file, 'SOB_M_DC-14-13412-100-001.png\nSOB_M_LC-14-13412-100-001.png\n')
      for (const path of [file, folder, relative(process.cwd(), file)]) {
        const { code, stdout, stderr } = await cli(['audit', path])
        expect(code).toBe(0)
        expect(stderr).toBe('')
        expect(stdout).toContain('Pictures were not compared')
        expect(stdout).toContain(
          'patient 14-13412 has 2 tumour types: malignant DC, malignant LC; 2 images, 1 image number there twice',
        )
      }
      await writeFile(join(folder, 'other.txt'), 'no name\n')
      expect(await cli(['audit', folder])).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/other\.txt: .*no name/),
      })
    })
  })

  it.each([
    [['--split', 'official:6'], /--split/],
    [['--split', 'official:1', '--test-fraction', '0.2'], /--test-fraction/],
    [['--test-fraction', '0.2'], /--test-fraction: needs a --split/],
    [['--split', 'patient', '--test-fraction', '1'], /between 0 and 1/],
  ])('refuses %j', async (options, message) => {
    await inFolder(async (folder) => {
      await fillFolder(folder)
      const { code, stderr, stdout } = await cli(['audit', folder, ...options])
      expect(code).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toMatch(message)
    })
  })

  it('says where nothing is', async () => {
    expect(await cli(['audit', '/nowhere'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no such') })
    await inFolder(async (folder) => {
      expect((await cli(['audit', folder])).code).toBe(1)
    })
  })
})

describeShared('audit of the official lists', () => {
  const lists = sharedData('breakhis-folds')

  it('gives Table I, the distinct ids, and the folds that leak', async () => {
    const { code, stdout } = await cli(['audit', lists, '--json'])
    const { tableI, slides, patients, accessions, leaks, folds } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(tableI).toEqual(publishedTableI)
    expect([slides, patients, accessions]).toEqual([82, 81, 70])
    expect(leaks).toEqual([])
    expect(folds.map((fold: { leaks: unknown[] }) => fold.leaks.length)).toEqual([1, 0, 1, 0, 1])
    const text = (await cli(['audit', lists])).stdout
    expect(text).toContain('This is Table I of BreaKHis, exactly.')
    expect(text).toMatch(
      /official fold 1: .* LEAKS patient 14-13412 \(123 to train on, 123 to test\); 7 accessions on both sides$/m,
    )
    expect(text).toMatch(/official fold 2: .* no patient on both sides, but 6 accessions$/m)
  })

  it.each([1, 2, 3, 4, 5])('fold %i leaks 14-13412 where it is odd', async (fold) => {
    const { code, stdout } = await cli(['audit', lists, '--split', `official:${fold}`, '--json'])
    const isLeaky = fold % 2 === 1
    expect(code).toBe(isLeaky ? 1 : 0)
    // An official fold has neither seed nor share.
    expect(Object.keys(JSON.parse(stdout).split)).not.toEqual(expect.arrayContaining(['seed']))
    expect(JSON.parse(stdout).leaks).toEqual(
      isLeaky ? [{ kind: 'patient', name: '14-13412', train: 123, test: 123 }] : [],
    )
  })
})
