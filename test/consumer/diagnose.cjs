// In a user's project with the wasm backend alone, as CommonJS: every backend is examined in a process of its own.
const { diagnoseBackends } = require('esrgan-scnn/node')

async function main() {
  const { chosen, backends } = await diagnoseBackends()
  const states = backends.map(({ name, state }) => `${name} ${state}`).join(', ')
  // tfjs-backend-wasm brings cpu with it.
  const expected = 'tfjs-node-gpu absent, webgpu absent, tfjs-node absent, wasm works, cpu works'
  if (chosen !== 'wasm' || states !== expected) throw new Error(`${chosen}: ${JSON.stringify(backends)}`)
  console.log(states)
}
void main()
