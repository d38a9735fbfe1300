import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { startVitest, type TestModule } from 'vitest/node'
import type { ConformanceBackend } from '../../test/conformance/backends.js'
import { findSwiftShader } from './chromium.js'
import type { BackendResult, CaseResult } from './conformance.js'

/** Lets webgpu in Node find SwiftShader: vitest's workers start with this process's environment. */
function offerSwiftShader(): void {
  const folder = findSwiftShader()
  if (folder === undefined) return
  const { env } = process
  env['VK_ICD_FILENAMES'] = join(folder, 'vk_swiftshader_icd.json')
  env['LD_LIBRARY_PATH'] = [folder, env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter)
  if (env['XDG_RUNTIME_DIR'] !== undefined) return
  const runtime = mkdtempSync(join(tmpdir(), 'conformance-'))
  env['XDG_RUNTIME_DIR'] = runtime
  process.on('exit', () => rmSync(runtime, { recursive: true, force: true }))
}

/** What a project's test module has shown, case by case; a case without a result has failed. */
function resultOf(
  id: string,
  names: readonly string[],
  module: TestModule | undefined,
  otherwise: string,
): BackendResult {
  const reason = module ? module.errors()[0]?.message : otherwise
  if (!module || reason !== undefined)
    return { id, reason: (reason ?? otherwise).split('\n')[0]!, cases: [], repairs: [] }
  const tests = new Map([...module.children.allTests()].map((test) => [test.meta().conformance?.case, test]))
  const cases = names.map((name): CaseResult => {
    const test = tests.get(name)
    const result = test?.result()
    const error = test?.meta().conformance?.error ?? null
    if (result?.state === 'passed' && error !== null) return { name, passed: true, error }
    return { name, passed: false, error, message: result?.errors?.[0]?.message ?? 'did not run' }
  })
  return { id, cases, repairs: module.meta().repairs ?? [] }
}

/** Runs the cases of those names on the backends, one vitest project each. */
export async function runConformance(
  chosen: readonly ConformanceBackend[],
  names: readonly string[],
  { ownGPU }: { ownGPU: boolean },
): Promise<BackendResult[]> {
  if (!ownGPU) offerSwiftShader()
  const vitest = await startVitest('test', [], {
    config: 'vitest.conformance.config.ts',
    project: chosen.map(({ id }) => id),
    watch: false,
  })
  const modules = vitest.state.getTestModules()
  const [unhandled] = vitest.state.getUnhandledErrors() as { message?: string }[]
  const otherwise = unhandled?.message ?? 'vitest ran no test on it'
  const results = chosen.map(({ id }) =>
    resultOf(
      id,
      names,
      modules.find((module) => module.project.name === id),
      otherwise,
    ),
  )
  await vitest.close()
  return results
}
