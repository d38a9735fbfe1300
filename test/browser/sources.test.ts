import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserBreaKHis, browserImages, type FileLike } from '../../src/browser/index.js'
import { checkImages } from '../../src/data/index.js'
import { encodedImages } from '../helpers/encodedImages.js'

const image = encodedImages.find(({ name }) => name === 'png RGB 8 bits')!
const broken = image.bytes.subarray(0, 50)

/** A file as `<input webkitdirectory>` gives it. */
function fileAt(path: string, bytes: Uint8Array = image.bytes): FileLike {
  const file = new File([bytes as BlobPart], path.slice(path.lastIndexOf('/') + 1))
  return Object.assign(file, { webkitRelativePath: path })
}

const requests: string[] = []
let server: Server
let site: string
beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url!)
    if (request.url!.includes('missing')) response.writeHead(404).end('no such image')
    else if (request.url!.includes('endless')) {
      // No length is announced, and there is no end.
      const timer = setInterval(() => response.write(new Uint8Array(65536)), 1)
      response.on('close', () => clearInterval(timer))
    } else if (request.url!.includes('slow')) response.write('x')
    else if (request.url!.includes('broken-off')) {
      response.writeHead(200, { 'Content-Length': 1000 })
      response.write('x', () => response.destroy())
    } else response.end(image.bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe('browserImages', () => {
  it('reads chosen files, blobs and addresses, each when it is asked for', async () => {
    const data = `data:image/png;base64,${Buffer.from(image.bytes).toString('base64')}`
    const source = browserImages([
      { file: fileAt('slides/a/1.png'), label: 'benign', group: 1 },
      { file: new File([image.bytes as BlobPart], '2.png'), label: 'malignant', group: 2, magnification: '100X' },
      { file: new Blob([image.bytes as BlobPart]), id: 'a blob', label: 'benign', group: 3 },
      { file: `${site}/dir/3%20x.png?size=1#top`, label: 'benign', group: 4 },
      { file: new URL(`${site}/4.png`), id: 'four', label: 'malignant', group: 5 },
      { file: data, id: 'five', label: 'malignant', group: 6 },
    ])
    expect(requests).toEqual([])
    expect(source.kind).toBe('custom')
    expect(source.description).toBe('6 images of this browser')
    expect(source.records.map(({ id }) => id)).toEqual([
      'slides/a/1.png',
      '2.png',
      'a blob',
      `${site}/dir/3 x.png`,
      'four',
      'five',
    ])
    expect(source.records[1]).toEqual({ id: '2.png', label: 'malignant', patient: '2', magnification: 100 })
    for (const record of source.records) {
      expect(await source.read(record)).toEqual(image.expected)
      expect(await source.readBytes!(record)).toEqual(image.bytes)
    }
    expect(requests).toEqual(['/dir/3%20x.png?size=1', '/dir/3%20x.png?size=1', '/4.png', '/4.png'])
  })

  it('refuses entries by their row', () => {
    const good = { file: fileAt('1.png'), label: 'benign', group: 1 }
    expect(() => browserImages([good, good])).toThrow('row 2: id "1.png" is that of row 1')
    expect(() => browserImages([{ ...good, label: 'odd' }])).toThrow('row 1: label "odd"')
    expect(browserImages([{ ...good, label: 'odd' }], { labels: { benign: ['odd'] } }).records[0]!.label).toBe('benign')
    expect(() => browserImages([{ ...good, file: new Blob([]) }])).toThrow('row 1: has neither id nor path')
    expect(() => browserImages([{ ...good, file: 'data:,x' }], { source: 'my list' })).toThrow('my list: row 1')
    expect(() => browserImages([{ ...good, file: 7 as never }])).toThrow('file must be a File, a Blob or an address')
    expect(() => browserImages([{ ...good, file: undefined as never }])).toThrow('file must be')
    expect(() => browserImages([good], { maxBytes: 0 })).toThrow('options.maxBytes must be')
  })

  const read = async (file: string | FileLike, options?: Parameters<typeof browserImages>[1]) => {
    const source = browserImages([{ file, id: 'it', label: 'benign', group: 1 }], options)
    return source.read(source.records[0]!)
  }
  it.each([
    ['missing.png', 'it: cannot be fetched: HTTP 404 Not Found'],
    ['endless.png', 'it: more bytes than the 100000 allowed'],
    ['broken-off.png', 'it: cannot be fetched (no connection, or the server forbids it)'],
  ])('names the image of an address that gives none: %s', async (path, message) => {
    await expect(read(`${site}/${path}`, { maxBytes: 100_000 })).rejects.toThrow(
      expect.objectContaining({ name: 'DataError', source: 'it', message: expect.stringContaining(message) }),
    )
  })

  it('fetches http, https, blob and data only', async () => {
    await expect(read('file:///etc/passwd')).rejects.toThrow('it: is not fetched: file: is none of http: https:')
    await expect(read('javascript:alert(1)')).rejects.toThrow('it: is not fetched: javascript:')
    await expect(read('images/1.png')).rejects.toThrow('it: is no address')
    await expect(read('http://127.0.0.1:1/1.png')).rejects.toThrow('it: cannot be fetched (no connection')
    const url = URL.createObjectURL(new Blob([image.bytes as BlobPart]))
    expect(await read(url)).toEqual(image.expected)
    URL.revokeObjectURL(url)
  })

  it('refuses large and corrupt files, and those that vanished', async () => {
    const message = `it: ${image.bytes.length} bytes, more than the 100 allowed`
    await expect(read(fileAt('1.png'), { maxBytes: 100 })).rejects.toThrow(message)
    await expect(read(`${site}/1.png`, { maxBytes: 100 })).rejects.toThrow('it: more bytes than the 100 allowed')
    await expect(read(fileAt('1.png'), { maxSide: 10 })).rejects.toThrow('a side of more than the 10 allowed')
    await expect(read(fileAt('1.png', broken))).rejects.toThrow('it: cannot be decoded: ends too soon')
    const vanished = { name: '1.png', size: 5, arrayBuffer: () => Promise.reject(new Error('a file was not found')) }
    await expect(read(vanished)).rejects.toThrow('it: cannot be read: a file was not found')
  })

  it('stops by its signal, with the signal’s reason', async () => {
    const stop = new AbortController()
    const reading = read(`${site}/slow.png`, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(reading).rejects.toThrow(/^enough$/)
    await expect(read(fileAt('1.png'), { signal: stop.signal })).rejects.toThrow(/^enough$/)
  })
})

describe('browserBreaKHis', () => {
  const names = ['SOB_M_DC-14-2523-100-001.png', 'SOB_B_A-14-22549AB-100-002.png', 'SOB_B_A-14-22549AB-40-003.PNG']
  const folder = (...more: FileLike[]): FileLike[] => [
    ...names.map((name, i) => fileAt(`BreaKHis/folder ${i}/${name}`)),
    fileAt('BreaKHis/README.txt'),
    fileAt('BreaKHis/.SOB_B_A-14-22549AB-40-003.png'),
    ...more,
  ]

  it('labels the files of a chosen folder by their names, in the order of the ids', async () => {
    const source = browserBreaKHis(folder())
    expect(source.kind).toBe('breakhis')
    expect(source.description).toBe('BreaKHis, 3 images at 40, 100, 200, 400x from the chosen files')
    expect(source.records.map(({ id, label, patient }) => [id, label, patient])).toEqual([
      ['SOB_B_A-14-22549AB-100-002', 'benign', '14-22549AB'],
      ['SOB_B_A-14-22549AB-40-003', 'benign', '14-22549AB'],
      ['SOB_M_DC-14-2523-100-001', 'malignant', '14-2523'],
    ])
    expect(await source.read(source.records[2]!)).toEqual(image.expected)
    expect(await source.readBytes!(source.records[0]!)).toEqual(image.bytes)
    expect(browserBreaKHis(folder(), { magnifications: [40] }).records).toHaveLength(1)
    await expect(source.read({ ...source.records[0]!, id: 'else' })).rejects.toThrow(
      'else: is not an image of BreaKHis',
    )
  })

  it('takes an object like a FileList, and addresses', async () => {
    const files = folder()
    const list = Object.assign({ length: files.length, item: (i: number) => files[i] }, files) as ArrayLike<FileLike>
    expect(browserBreaKHis(list).records).toHaveLength(3)
    const remote = browserBreaKHis(names.map((name) => `${site}/breakhis/${name}?v=2`))
    expect(remote.records).toHaveLength(3)
    expect(await remote.read(remote.records[0]!)).toEqual(image.expected)
  })

  it('names a file of another name, two of one name, and a folder without images', () => {
    expect(() => browserBreaKHis(folder(fileAt('BreaKHis/x/SOB_X.png')))).toThrow('BreaKHis/x/SOB_X.png: ')
    const twice = fileAt(`BreaKHis/other/${names[0]}`)
    expect(() => browserBreaKHis(folder(twice))).toThrow(
      `BreaKHis/other/${names[0]}: has the same name as BreaKHis/folder 0/${names[0]}`,
    )
    expect(() => browserBreaKHis([])).toThrow('the chosen files: no BreaKHis images (PNG) among its files')
    expect(() => browserBreaKHis(folder(), { magnifications: [200], source: 'my slides' })).toThrow(
      'my slides: no images at',
    )
  })

  it('lets checkImages leave out what is corrupt', async () => {
    const files = folder(fileAt('BreaKHis/x/SOB_M_DC-14-2523-100-009.png', broken))
    const { source, skipped } = await checkImages(browserBreaKHis(files), { onCorrupt: 'skip' })
    expect(source.records).toHaveLength(3)
    expect(skipped.map(({ problem }) => problem)).toEqual([
      'BreaKHis/x/SOB_M_DC-14-2523-100-009.png: cannot be decoded: ends too soon',
    ])
  })
})
