import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a program printed last on stdout, as JSON, and what it wrote to stderr. */
export interface ProgramRun<Output> {
  readonly output: Output
  readonly stdout: string
  readonly stderr: string
}

/** A user's project of its own, with a space in its path; packages that it lacks are found in this repository. */
export interface Project {
  readonly folder: string
  /** Bundles a program of TypeScript, whose imports are relative to the repository, as an ES module or CommonJS. */
  write(name: string, code: string): Promise<void>
  /** Bundles sources of the repository into files of these names, as the built package has them. */
  bundle(entries: Readonly<Record<string, string>>): Promise<void>
  /** Puts a made-up package into the project's node_modules; `dependency` puts it into those of that package. */
  install(name: string, version: string, code: string, dependency?: string): void
  /** Takes all made-up packages away. */
  uninstall(): void
  /** Runs the program in its own process, which has to end by itself. */
  run<Output>(name: string, args?: readonly string[], options?: RunOptions): Promise<ProgramRun<Output>>
  remove(): void
}

/** How a program runs. */
export interface RunOptions {
  /** Options of Node. */
  readonly node?: readonly string[]
  /** The environment, beside the test's own. */
  readonly env?: Readonly<Record<string, string>>
}

/** Creates a {@link Project}. */
export function createProject(name: string): Project {
  const folder = join(root, `node_modules/.cache/${name} ${process.pid}`)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    async write(file, code) {
      const isCommonJS = file.endsWith('.cjs')
      await build({
        stdin: { contents: code, resolveDir: root, loader: 'ts' },
        outfile: join(folder, file),
        bundle: true,
        platform: 'node',
        format: isCommonJS ? 'cjs' : 'esm',
        target: 'node20',
        logLevel: 'error',
        packages: 'external',
        // As tsup's shims do.
        ...(isCommonJS
          ? {
              define: { 'import.meta.url': 'importMetaURL' },
              banner: { js: "const importMetaURL = require('node:url').pathToFileURL(__filename).href" },
            }
          : {}),
      })
    },
    async bundle(entries) {
      await build({
        entryPoints: Object.fromEntries(Object.entries(entries).map(([name, source]) => [name, join(root, source)])),
        outdir: folder,
        bundle: true,
        splitting: true,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        logLevel: 'error',
        packages: 'external',
      })
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    },
    install(packageName, version, code, dependency = '.') {
      const home = join(folder, dependency === '.' ? '' : `node_modules/${dependency}`, 'node_modules', packageName)
      mkdirSync(home, { recursive: true })
      writeFileSync(join(home, 'package.json'), JSON.stringify({ name: packageName, version, main: 'index.js' }))
      writeFileSync(join(home, 'index.js'), code)
    },
    uninstall: () => rmSync(join(folder, 'node_modules'), { recursive: true, force: true }),
    async run<Output>(file: string, args: readonly string[] = [], { node = [], env = {} }: RunOptions = {}) {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [...node, join(folder, file), ...args], {
        timeout: 60_000,
        cwd: folder,
        env: { ...process.env, ...env },
      })
      return { output: JSON.parse(stdout.trim().split('\n').at(-1)!) as Output, stdout, stderr }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The environment in which Debian's Chromium lends its software adapter to WebGPU. */
export const softwareAdapter = {
  VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json',
  XDG_RUNTIME_DIR: '/tmp',
  LD_LIBRARY_PATH: '/usr/lib/chromium',
}
