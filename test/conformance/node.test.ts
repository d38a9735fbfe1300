import { startInNode } from './startInNode.js'
import { testBackend } from './testBackend.js'

testBackend(startInNode)
