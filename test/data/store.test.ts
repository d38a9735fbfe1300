import { expect, it } from 'vitest'
import { memoryStore } from '../../src/data/index.js'

it('memoryStore keeps copies', async () => {
  const store = memoryStore()
  const bytes = Uint8Array.of(1, 2, 3)
  await store.set('a/b', bytes)
  bytes[0] = 9
  const got = await store.get('a/b')
  expect(got).toEqual(Uint8Array.of(1, 2, 3))
  got![1] = 9
  expect(await store.get('a/b')).toEqual(Uint8Array.of(1, 2, 3))
  await store.delete('a/b')
  await store.delete('a/b')
  expect(await store.get('a/b')).toBeUndefined()
})
