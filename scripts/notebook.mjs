// Executes examples/notebook/super-resolution.ipynb without a browser, in a user's project with the packed tarball, and
// keeps the result in out/notebook. Needs Debian's jupyter-nbconvert, jupyter-client and python3-nbclient (.ci/run).
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConsumer, root } from './consumer.mjs'

const home = join(root, 'examples/notebook')
const name = 'super-resolution.ipynb'
const jupyter = '/usr/bin/jupyter'
if (!existsSync(jupyter)) {
  console.error(
    'jupyter is missing: apt-get install --no-install-recommends jupyter-nbconvert jupyter-client python3-nbclient',
  )
  process.exit(1)
}
execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: home, stdio: 'inherit' })

const { folder, remove } = createConsumer(['@types/node'])
try {
  // `tslab install` asks for IPython; a kernel is only this file.
  const kernel = join(folder, 'jupyter/kernels/tslab')
  mkdirSync(kernel, { recursive: true })
  const argv = [
    process.execPath,
    join(home, 'node_modules/tslab/bin/tslab'),
    'kernel',
    '--config-path',
    '{connection_file}',
  ]
  writeFileSync(
    join(kernel, 'kernel.json'),
    JSON.stringify({ argv, display_name: 'TypeScript', language: 'typescript' }),
  )
  copyFileSync(join(home, name), join(folder, name))
  const convert = (/** @type {string[]} */ ...args) =>
    execFileSync(jupyter, ['nbconvert', ...args], {
      cwd: folder,
      stdio: 'inherit',
      env: { ...process.env, JUPYTER_PATH: join(folder, 'jupyter') },
    })
  const execute = ['--execute', '--ExecutePreprocessor.kernel_name=tslab', '--ExecutePreprocessor.timeout=300']
  convert('--to', 'notebook', ...execute, '--output', 'executed.ipynb', name)

  const notebook = JSON.parse(readFileSync(join(folder, 'executed.ipynb'), 'utf8'))
  const outputs = notebook.cells.flatMap((/** @type {{ outputs?: object[] }} */ cell) => cell.outputs ?? [])
  const pictures = outputs.filter(({ data }) => data?.['image/png'] ?? data?.['image/svg+xml'])
  if (pictures.length === 0) throw new Error('the notebook shows no picture')
  mkdirSync(join(root, 'out/notebook'), { recursive: true })
  copyFileSync(join(folder, 'executed.ipynb'), join(root, 'out/notebook', name))
  console.log(`the notebook ran and shows ${pictures.length} pictures: out/notebook/${name}`)
} finally {
  remove()
}
