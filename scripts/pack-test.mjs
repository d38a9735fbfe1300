// Packs the project, installs it in an empty folder whose path has a space, and uses it there as its users do.
import { build } from 'esbuild'
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConsumer, root, subpaths } from './consumer.mjs'
import { codeBlocks } from './readme.mjs'

const { folder, remove } = createConsumer(['typescript', '@types/node'])
console.log(`installed in "${folder}"`)

/** Runs a command of the consumer; it has to end by itself, with code 0, within two minutes. */
const run = (/** @type {string} */ what, /** @type {string} */ command, /** @type {string[]} */ ...args) => {
  const started = performance.now()
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    // Nothing of this project may be found but through the installed package.
    env: { ...process.env, NODE_PATH: '' },
  })
  if (status !== 0)
    throw new Error(`${what}: ${signal ? 'did not end by itself' : `exit code ${status}`}\n${stdout}${stderr}`)
  console.log(`pass  ${what}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return stdout
}
const write = (/** @type {string} */ name, /** @type {string[]} */ ...lines) =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
const node = (/** @type {string} */ what, /** @type {string} */ name) => {
  const output = run(what, process.execPath, name).trim()
  if (output !== '') console.log(output.replace(/^/gm, '      '))
}

const tree = JSON.parse(
  execFileSync('npm', ['ls', '--json', '--all', '--loglevel=error'], { cwd: folder, encoding: 'utf8' }),
)
const installed = new Map()
const walk = ({ dependencies = {} }) => {
  for (const [name, child] of Object.entries(dependencies)) {
    if (child.version === undefined) continue
    installed.set(name, new Set([...(installed.get(name) ?? []), child.version]))
    walk(child)
  }
}
walk(tree)
for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers']) {
  if (installed.get(name)?.size !== 1)
    throw new Error(`${name}: one copy is wanted, there are ${installed.get(name)?.size ?? 0}`)
}
console.log('pass  npm has installed tfjs-core and tfjs-layers by itself, one copy each')

try {
  // Every subpath loads, both ways, and says the same names.
  write(
    'import.mjs',
    "import { createRequire } from 'node:module'",
    'const require = createRequire(import.meta.url)',
    ...subpaths.map((path, i) => `import * as m${i} from '${path}'`),
    ...subpaths.flatMap((path, i) => [
      `const names${i} = Object.keys(m${i}).filter((name) => name !== 'default' && name !== 'module.exports').sort()`,
      `if (names${i}.length === 0) throw new Error('${path} exports nothing')`,
      `for (const name of names${i}) if (m${i}[name] === undefined) throw new Error('${path}: ' + name + ' is undefined')`,
      `const required${i} = Object.keys(require('${path}')).sort()`,
      `if (String(required${i}) !== String(names${i})) throw new Error('${path}: import and require differ')`,
    ]),
  )
  node(`import and require of all ${subpaths.length} entries`, 'import.mjs')

  const fixtures = join(root, 'test/consumer')
  for (const name of readdirSync(fixtures)) copyFileSync(join(fixtures, name), join(folder, name))
  node('training as an ES module', 'train.mjs')
  node('training as CommonJS', 'train.cjs')
  node('chooseBackend as an ES module', 'choose.mjs')
  node('diagnoseBackends as CommonJS', 'diagnose.cjs')

  const outfile = join(folder, 'made-up.cjs')
  await build({
    entryPoints: [join(root, 'test/figures/madeUp.ts')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
  })
  node('a chart as an ES module', 'chart.mjs')
  node('a chart as CommonJS', 'chart.cjs')

  // A strict TypeScript project, found by each of TypeScript's ways of resolving. tfjs's own declarations have errors.
  write('every-entry.ts', ...subpaths.map((path, i) => `export * as m${i} from '${path}'`))
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    target: 'es2022',
    types: ['node'],
    rootDir: '.',
  }
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts', 'every-entry.ts'] }))
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--module']
  const check = (/** @type {string} */ way, /** @type {string[]} */ ...options) =>
    run(`strict TypeScript, ${way}`, process.execPath, ...tsc, ...options, '--noEmit')
  check('nodenext', 'nodenext')
  check('bundler', 'esnext', '--moduleResolution', 'bundler')
  check('node10', 'commonjs', '--moduleResolution', 'node10', '--ignoreDeprecations', '6.0')

  // Without skipLibCheck the compiler may complain of tfjs only, not of our declarations.
  const whole = [...tsc, 'nodenext', '--noEmit', '--skipLibCheck', 'false']
  const { stdout } = spawnSync(process.execPath, whole, { cwd: folder, encoding: 'utf8' })
  const ours = stdout.split('\n').filter((line) => line.includes('node_modules/esrgan-scnn/'))
  if (ours.length > 0) throw new Error(`errors in our declarations:\n${ours.join('\n')}`)
  console.log('pass  our declarations, checked themselves')

  // The code of the README, compiled strictly and run.
  const blocks = codeBlocks(readFileSync(join(root, 'README.md'), 'utf8'), 'ts')
  for (const [i, code] of blocks.entries()) {
    write(`readme${i}.mts`, code)
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: [`readme${i}.mts`] }))
    run(`README code ${i + 1}, types`, process.execPath, ...tsc, 'nodenext')
    node(`README code ${i + 1}, run`, `readme${i}.mjs`)
  }

  const help = run('npx esrgan-scnn --help', 'npx', '--no-install', 'esrgan-scnn', '--help')
  for (const name of ['reproduce', 'upscale', 'degrade', 'compare', 'roc', 'predict', 'doctor']) {
    if (!help.includes(name)) throw new Error(`esrgan-scnn --help does not name ${name}:\n${help}`)
  }
  const doctor = JSON.parse(
    run('npx esrgan-scnn doctor --json', 'npx', '--no-install', 'esrgan-scnn', 'doctor', '--json'),
  )
  if (doctor.chosen !== 'wasm') throw new Error(`esrgan-scnn doctor chooses ${doctor.chosen}`)
  console.log('the packed tarball works')
} finally {
  remove()
}
