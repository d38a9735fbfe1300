import type { CandidateName } from './candidates.js'
import type { BackendExamination } from './examineBackend.js'
import type { Machine } from './machine.js'
import { installCommand } from './versions.js'

/** What to install or to do to compute quicker than now; the most promising first. */
export function speedAdvice({ platform, cores }: Machine, backends: readonly BackendExamination[]): string[] {
  const of = (name: CandidateName): BackendExamination => backends.find((backend) => backend.name === name)!
  const isAbsent = (name: CandidateName): boolean => of(name).state === 'absent'
  const [gpu, webgpu, wasm] = [of('tfjs-node-gpu'), of('webgpu'), of('wasm')]
  const advice: string[] = []
  const hasGPU = gpu.state === 'works' || (webgpu.state === 'works' && webgpu.isSoftware !== true)
  if (!hasGPU && isAbsent('webgpu')) {
    advice.push(
      `with any GPU (Vulkan, Metal or Direct3D 12; no CUDA): ${installCommand('webgpu', '@tensorflow/tfjs-backend-webgpu')}`,
    )
  }
  if (gpu.state !== 'works' && isAbsent('tfjs-node-gpu') && /^(linux|win32) x64$/.test(platform)) {
    advice.push(`with an NVIDIA GPU, CUDA 11 and cuDNN 8: ${installCommand('@tensorflow/tfjs-node-gpu')}`)
  }
  if (!hasGPU && webgpu.state === 'unusable') {
    advice.push('webgpu is installed: with a GPU and its driver it would work')
  }
  if (!hasGPU && isAbsent('tfjs-node')) {
    advice.push(`native TensorFlow on the CPU: ${installCommand('@tensorflow/tfjs-node')}`)
  }
  if (isAbsent('wasm')) advice.push(`without anything native: ${installCommand('@tensorflow/tfjs-backend-wasm')}`)
  if (wasm.threads === 1 && cores > 1) advice.push(`wasm runs with one thread of ${cores}: ${wasm.description}`)
  for (const { name, state, reason } of backends) {
    if (state === 'broken') advice.push(`repair ${name}: ${reason}`)
  }
  return advice
}
