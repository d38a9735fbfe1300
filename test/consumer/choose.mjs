// In a user's project with the wasm backend alone, as an ES module: the backend is chosen, and every reason is kept.
import { chooseBackend } from 'esrgan-scnn/node'

const { name, description, tried } = await chooseBackend()
if (name !== 'wasm') throw new Error(`${name} was chosen`)
for (const of of ['tfjs-node-gpu', 'webgpu', 'tfjs-node']) {
  const { reason } = tried.find((candidate) => candidate.name === of)
  if (!reason.includes('not installed; run: npm install')) throw new Error(`${of}: ${reason}`)
}
const both = 'webgpu and @tensorflow/tfjs-backend-webgpu are not installed; run: npm install webgpu @tensorflow/tfjs-b'
if (!tried[1].reason.startsWith(both)) throw new Error(`webgpu: ${tried[1].reason}`)
console.log(description)
