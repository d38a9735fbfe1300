import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** SwiftShader computes webgl and webgpu on machines without a GPU: part of Chromium, slow and exact. */
const swiftshader = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
]

/** No sandbox, as containers have none to offer, and no talk with the outside. */
const quiet = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where Linux distributions put it. */
const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The Chromium to test with: the environment's CHROMIUM, or the system's own; undefined where there is none. */
export function findChromium(): string | undefined {
  const wanted = process.env['CHROMIUM']
  return (wanted === undefined || wanted === '' ? usual : [wanted]).find((path) => existsSync(path))
}

/** How playwright starts it. */
export function chromiumOptions(): { executablePath?: string; args: string[] } {
  const executablePath = findChromium()
  return { ...(executablePath !== undefined && { executablePath }), args: [...quiet, ...swiftshader] }
}

/** The folder of Chromium's libraries that holds its SwiftShader for Vulkan, or undefined. */
export function findSwiftShader(): string | undefined {
  const chromium = findChromium()
  if (chromium === undefined) return undefined
  return [dirname(chromium), '/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'].find((folder) =>
    existsSync(join(folder, 'vk_swiftshader_icd.json')),
  )
}
