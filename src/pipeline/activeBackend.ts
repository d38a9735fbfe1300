import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import { BackendError } from '../errors.js'

/** Makes the named backend the active one, or checks that there is an active one. */
export async function activeBackend(name: string | undefined): Promise<string> {
  if (name !== undefined) {
    let isSet = false
    try {
      isSet = await setBackend(name)
    } catch (error) {
      throw new BackendError(name, 'is not registered: import its package first', { cause: error })
    }
    if (!isSet) throw new BackendError(name, 'could not start')
  }
  try {
    return getBackend()
  } catch (error) {
    throw new BackendError('none', 'no tfjs backend is registered: import one and call tf.setBackend', { cause: error })
  }
}
