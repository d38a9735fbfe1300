import { describe, expect, it } from 'vitest'
import * as backend from '../src/backend/index.js'
import * as data from '../src/data/index.js'
import * as esrgan from '../src/esrgan/index.js'
import * as root from '../src/index.js'
import * as losses from '../src/losses/index.js'
import * as metrics from '../src/metrics/index.js'
import * as pipeline from '../src/pipeline/index.js'
import * as siamese from '../src/siamese/index.js'
import * as training from '../src/training/index.js'
import * as weights from '../src/weights/index.js'

const rooms = { backend, losses, metrics, data, weights, training, esrgan, siamese, pipeline }

describe('the public surface', () => {
  it.each(Object.entries(rooms))('holds every name of %s', (_, room) => {
    const missing = Object.entries(room).filter(([name, value]) => Reflect.get(root, name) !== value)
    expect(missing.map(([name]) => name)).toEqual([])
  })
})
