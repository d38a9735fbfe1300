import { describe, expect, it } from 'vitest'
import { checkImages, syntheticHistology, type ImageSource } from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'

const drawn = syntheticHistology({ patients: 4, imagesPerPatient: 2, width: 32, height: 32 })
const corruptId = drawn.records[3]!.id
const source: ImageSource = {
  ...drawn,
  read: async (record) => {
    if (record.id === corruptId) throw new DataError(record.id, 'cannot be decoded')
    return drawn.read(record)
  },
}

describe('checkImages', () => {
  it('ends at once by its signal while a read hangs, and shows nothing that comes later', async () => {
    const controller = new AbortController()
    let arrive: (() => void) | undefined
    const slow: ImageSource = {
      ...drawn,
      read: (record) => new Promise((resolve) => (arrive = () => resolve(drawn.read(record)))),
    }
    const seen: string[] = []
    const check = checkImages(slow, {
      signal: controller.signal,
      inspect: ({ id }) => void seen.push(id),
      onProgress: ({ done }) => void seen.push(`${done}`),
    })
    controller.abort(new Error('enough'))
    await expect(check).rejects.toThrow('enough')
    arrive!()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen).toEqual([])
  })
})

describe('checkImages with inspect', () => {
  it('shows every readable image once, and waits for what is done with it', async () => {
    const seen: string[] = []
    const { skipped } = await checkImages(source, {
      onCorrupt: 'skip',
      inspect: async (record, image) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        seen.push(`${record.id} ${image.width}`)
      },
    })
    expect(seen.toSorted()).toEqual(
      drawn.records
        .filter(({ id }) => id !== corruptId)
        .map(({ id }) => `${id} 32`)
        .toSorted(),
    )
    expect(skipped.map(({ record }) => record.id)).toEqual([corruptId])
  })

  it('throws what inspect throws, a DataError too, and takes no image for corrupt by it', async () => {
    const inspect = (): never => {
      throw new DataError('elsewhere', 'no')
    }
    await expect(checkImages(drawn, { onCorrupt: 'skip', inspect })).rejects.toThrow('elsewhere: no')
  })
})
