import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { folderStore } from '../../src/node/store.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('keeps bytes by key, also keys with slashes', async () => {
  const store = folderStore(join(folder, 'a'))
  expect(await store.get('x/y.png')).toBeUndefined()
  await store.set('x/y.png', Uint8Array.of(1, 2))
  await store.set('x/y.png', Uint8Array.of(3))
  expect(await store.get('x/y.png')).toEqual(Uint8Array.of(3))
  expect(await folderStore(join(folder, 'a')).get('x/y.png')).toEqual(Uint8Array.of(3))
  expect(await readdir(join(folder, 'a', 'x'))).toEqual(['y.png'])
  expect(await store.get('x/y.png/z')).toBeUndefined()
  await store.delete('x/y.png')
  await store.delete('x/y.png')
  expect(await store.get('x/y.png')).toBeUndefined()
})

it.each(['', '/etc/passwd', '../a', 'x/../../a', 'x//y', './x', 'x/.', 'x\\y', 'c:x', 'x\0y'])(
  'refuses the key %j',
  async (key) => {
    const store = folderStore(folder)
    const error = expect.objectContaining({ name: 'ArgumentError', argument: 'key' })
    await expect(store.get(key)).rejects.toThrow(error)
    await expect(store.set(key, Uint8Array.of(1))).rejects.toThrow(error)
    await expect(store.delete(key)).rejects.toThrow(error)
  },
)

it('names a folder that cannot be written', async () => {
  await symlink('/dev/null', join(folder, 'nowhere'))
  await expect(folderStore(join(folder, 'nowhere')).set('x', Uint8Array.of(1))).rejects.toThrow()
})
