import { afterAll, describe, expect, it } from 'vitest'
import { browserBreaKHis, browserImages, decodeImage } from '../../src/browser/index.js'
import { auditImages, checkImages } from '../../src/data/index.js'
import { encodedImages } from '../helpers/encodedImages.js'
import { greyTags, tiffFile } from '../helpers/tiffFile.js'

const of = (wanted: string): (typeof encodedImages)[number] => encodedImages.find(({ name }) => name === wanted)!
const [rgb, deep] = [of('png RGB 8 bits'), of('png grey 16 bits')]

const fileOf = (bytes: Uint8Array, name: string): File => new File([bytes as BlobPart], name)

/** The `FileList` that an `<input type="file">` has when files were chosen or dropped. */
function fileList(...files: File[]): FileList {
  const chosen = new DataTransfer()
  for (const file of files) chosen.items.add(file)
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.files = chosen.files
  return input.files
}

const urls: string[] = []
/** An address of kind blob. */
function addressOf(bytes: Uint8Array): string {
  const url = URL.createObjectURL(new Blob([bytes as BlobPart]))
  urls.push(url)
  return url
}
afterAll(() => urls.forEach((url) => URL.revokeObjectURL(url)))

describe('browserImages in Chromium', () => {
  it('reads a chosen file, a blob, and addresses of kind blob, data and http', async () => {
    const [file] = fileList(fileOf(rgb.bytes, 'a.png'))
    const data = `data:image/png;base64,${btoa(String.fromCharCode(...rgb.bytes))}`
    // The page's own server has pictures too: the one of the package's rooms is an SVG, which is none of the four formats.
    const svg = new URL('/docs/figures/architecture.svg', location.href)
    const source = browserImages([
      { file: file!, label: 'benign', group: 1 },
      { file: new Blob([deep.bytes as BlobPart]), id: 'a blob', label: 'malignant', group: 2 },
      { file: addressOf(rgb.bytes), id: 'blob address', label: 'benign', group: 3 },
      { file: data, id: 'data address', label: 'malignant', group: 4 },
      { file: svg, id: 'of the server', label: 'malignant', group: 5 },
    ])
    expect(source.records.map(({ id }) => id)).toEqual([
      'a.png',
      'a blob',
      'blob address',
      'data address',
      'of the server',
    ])
    const expected = [rgb, deep, rgb, rgb]
    for (const [i, image] of expected.entries()) {
      expect(await source.read(source.records[i]!)).toEqual(image.expected)
      expect(await source.readBytes!(source.records[i]!)).toEqual(image.bytes)
    }
    const fetched = await source.readBytes!(source.records[4]!)
    expect(new TextDecoder().decode(fetched)).toContain('<svg')
    await expect(source.read(source.records[4]!)).rejects.toThrow('of the server: cannot be decoded: is not PNG')
  })

  it('names what cannot be fetched or is too large', async () => {
    const gone = URL.createObjectURL(new Blob([]))
    URL.revokeObjectURL(gone)
    const entry = { label: 'benign', group: 1 }
    const source = browserImages(
      [
        { ...entry, file: gone, id: 'gone' },
        { ...entry, file: 'file:///etc/passwd', id: 'of this machine' },
        { ...entry, file: addressOf(rgb.bytes), id: 'large' },
        { ...entry, file: fileOf(rgb.bytes, 'large too') },
      ],
      { maxBytes: 100 },
    )
    const problems = [
      'cannot be fetched',
      'is not fetched: file:',
      'more bytes than the 100',
      'more than the 100 allowed',
    ]
    for (const [i, problem] of problems.entries()) {
      await expect(source.read(source.records[i]!)).rejects.toThrow(
        expect.objectContaining({
          name: 'DataError',
          source: source.records[i]!.id,
          message: expect.stringContaining(problem),
        }),
      )
    }
  })
})

describe('browserBreaKHis in Chromium', () => {
  const names = ['SOB_M_DC-14-2523-100-001.png', 'SOB_B_A-14-22549AB-100-002.png', 'SOB_B_A-14-22549CD-40-003.png']

  it('reads a FileList, leaves out what is corrupt and audits the rest', async () => {
    const broken = fileOf(rgb.bytes.subarray(0, 50), 'SOB_M_DC-14-2523-100-009.png')
    const files = fileList(...names.map((name) => fileOf(rgb.bytes, name)), broken, fileOf(rgb.bytes, 'notes.txt'))
    const chosen = browserBreaKHis(files)
    expect(chosen.records.map(({ id, label, patient }) => [id, label, patient])).toEqual([
      ['SOB_B_A-14-22549AB-100-002', 'benign', '14-22549AB'],
      ['SOB_B_A-14-22549CD-40-003', 'benign', '14-22549CD'],
      ['SOB_M_DC-14-2523-100-001', 'malignant', '14-2523'],
      ['SOB_M_DC-14-2523-100-009', 'malignant', '14-2523'],
    ])
    const { source, skipped } = await checkImages(chosen, { onCorrupt: 'skip' })
    expect(skipped.map(({ record }) => record.id)).toEqual(['SOB_M_DC-14-2523-100-009'])
    expect(await source.read(source.records[0]!)).toEqual(rgb.expected)
    const audit = await auditImages(source)
    expect(audit.duplicates).toHaveLength(1)
  })

  it('keeps the path in the folder that was chosen', () => {
    const file = fileOf(rgb.bytes, names[0]!)
    Object.defineProperty(file, 'webkitRelativePath', { value: `BreaKHis/a/${names[0]}` })
    const again = fileOf(rgb.bytes, names[0]!)
    Object.defineProperty(again, 'webkitRelativePath', { value: `BreaKHis/b/${names[0]}` })
    expect(() => browserBreaKHis([file, again])).toThrow(
      `BreaKHis/b/${names[0]}: has the same name as BreaKHis/a/${names[0]}`,
    )
  })

  it('reads addresses', async () => {
    const data = `data:image/png;base64,${btoa(String.fromCharCode(...rgb.bytes))}`
    expect(() => browserBreaKHis([data])).toThrow()
    const source = browserBreaKHis(names.map((name) => `/breakhis/${name}?v=2`))
    expect(source.records).toHaveLength(3)
    await expect(source.read(source.records[0]!)).rejects.toThrow('SOB_B_A-14-22549AB-100-002')
  })
})

describe('deflate in Chromium', () => {
  /** `width` pixels of grey, a strip with bytes after its end. */
  async function padded(pixels: Uint8Array, trailing: number): Promise<Uint8Array> {
    const stream = new Blob([pixels as BlobPart]).stream().pipeThrough(new CompressionStream('deflate'))
    const packed = new Uint8Array(await new Response(stream).arrayBuffer())
    const strip = new Uint8Array(packed.length + trailing).fill(85)
    strip.set(packed)
    return tiffFile(
      [...greyTags(pixels.length / 100, 100, 8), [273, 4, [8]], [278, 4, [100]], [279, 4, [strip.length]]],
      strip,
    )
  }

  it('is read where bytes follow, few or many, a small strip or a large one', async () => {
    for (const size of [100, 20_000, 500_000]) {
      // Digits of no pattern, so that the large one is of many slices.
      const pixels = Uint8Array.from({ length: size }, (_, i) => Math.imul(i ^ (i >>> 7), 2654435761) >>> 24)
      for (const trailing of [0, 1, 20_000]) {
        const { data } = await decodeImage(await padded(pixels, trailing), `${size}, ${trailing}`)
        expect(data.length === size && data.every((value, i) => value === pixels[i]), `${size}, ${trailing}`).toBe(true)
      }
    }
  })
})
