import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The pages with code, and what their blocks speak of without making it. */
const preludes: Readonly<Record<string, string>> = {
  'docs/data.md': `
    const pixels: import('@tensorflow/tfjs-core').Tensor4D
    const images: import('@tensorflow/tfjs-core').Tensor4D & readonly import('esrgan-scnn').PixelImage[]
    const image: import('esrgan-scnn').PixelImage
    const source: import('esrgan-scnn/data').ImageSource
    const seed: number`,
  'docs/metrics.md': `
    const labels: number[]
    const scores: number[]
    const otherScores: number[]
    const patients: string[]
    const validation: { labels: number[]; scores: number[] }`,
  'docs/esrgan.md': `
    const generator: import('esrgan-scnn/esrgan').Generator
    const image: import('esrgan-scnn').PixelImage
    const file: File
    const canvas: HTMLCanvasElement
    const signal: AbortSignal`,
  'docs/reproduction.md': `
    const data: import('esrgan-scnn/data').ImageSource
    const result: import('esrgan-scnn/pipeline').PipelineResult
    const encodePNG: (image: import('esrgan-scnn').PixelImage) => Promise<string>`,
  'docs/siamese.md': '',
}

const blocksOf = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!)

/** What the compiler says of modules that lie in the root, each a line. */
function problemsOf(prelude: string, modules: readonly string[]): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.test.json'),
    { noUnusedLocals: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )!
  const files = new Map(
    [`declare global {${prelude}}\nexport {}`, ...modules].map((code, i) => [join(root, `block${i}.ts`), code]),
  )
  const host = ts.createCompilerHost(config.options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, target, ...rest) =>
    files.has(name) ? ts.createSourceFile(name, files.get(name)!, target) : getSourceFile(name, target, ...rest)
  const program = ts.createProgram([...files.keys()], config.options, host)
  return [...files.keys()].flatMap((name) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(name)).map(({ messageText, start }) => {
      const line = files.get(name)!.slice(0, start).split('\n').at(-1)! + files.get(name)!.slice(start).split('\n')[0]!
      return `${line.trim()}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    }),
  )
}

it.each(Object.entries(preludes))(
  'the code of %s compiles, each block by itself',
  (page, prelude) => {
    const blocks = blocksOf(page)
    expect(blocks.length).toBeGreaterThan(2)
    const wrong = `import { noSuchThing } from 'esrgan-scnn/data'`
    expect(problemsOf(prelude, [...blocks.map((code) => `${code}\nexport {}`), wrong])).toEqual([
      expect.stringContaining("has no exported member 'noSuchThing'"),
    ])
  },
  120_000,
)
