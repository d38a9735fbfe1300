import { startInBrowser } from './startInBrowser.js'
import { testBackend } from './testBackend.js'

testBackend(startInBrowser)
