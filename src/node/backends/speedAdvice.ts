import type { CandidateName } from './candidates.js'
import type { BackendExamination } from './examineBackend.js'
import type { Machine } from './machine.js'
import type { PackageName } from './packages.js'
import { installCommand } from './versions.js'

/** Something to do to compute quicker than now. */
export interface Advice {
  /** What it gives, and what it needs. */
  readonly what: string
  /** The command that does it, where one does. */
  readonly command?: string
}

/** What to install or to do to compute quicker than now; the most promising first. */
export function speedAdvice(
  { platform, cores, wasm: features }: Machine,
  backends: readonly BackendExamination[],
): Advice[] {
  const of = (name: CandidateName): BackendExamination => backends.find((backend) => backend.name === name)!
  const isAbsent = (name: CandidateName): boolean => of(name).state === 'absent'
  const install = (what: string, ...names: PackageName[]): Advice => ({ what, command: installCommand(...names) })
  const [gpu, webgpu, wasm] = [of('tfjs-node-gpu'), of('webgpu'), of('wasm')]
  const hasGPU = gpu.state === 'works' || (webgpu.state === 'works' && webgpu.isSoftware !== true)
  const advice: Advice[] = []
  if (!hasGPU && isAbsent('webgpu')) {
    const what = 'with any GPU, through Vulkan, Metal or Direct3D 12 and without CUDA'
    advice.push(install(what, 'webgpu', '@tensorflow/tfjs-backend-webgpu'))
  }
  if (!hasGPU && (webgpu.state === 'unusable' || webgpu.isSoftware === true)) {
    advice.push({ what: 'webgpu is installed: with a GPU and its driver it is much quicker' })
  }
  if (isAbsent('tfjs-node-gpu') && /^(linux|win32) x64$/.test(platform)) {
    advice.push(install('with an NVIDIA GPU, CUDA 11 and cuDNN 8', '@tensorflow/tfjs-node-gpu'))
  }
  if (!hasGPU && isAbsent('tfjs-node')) advice.push(install('native TensorFlow on the CPU', '@tensorflow/tfjs-node'))
  if (isAbsent('wasm')) advice.push(install('without anything native', '@tensorflow/tfjs-backend-wasm'))
  if (wasm.threads === 1 && cores > 1) {
    advice.push({ what: `wasm runs with one thread of ${cores}: ${wasm.description}` })
  }
  if (wasm.kernels?.fused === false && !features.relaxedSIMD) {
    advice.push({ what: 'in Node 22 or newer, whose WebAssembly has fused multiply-add (relaxed SIMD)' })
  }
  for (const { name, state } of backends) {
    if (state === 'broken') advice.push({ what: `${name} is installed and broken; the reason stands beside it` })
  }
  return advice
}
