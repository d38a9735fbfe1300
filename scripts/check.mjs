// `npm run check`: every gate that needs no tests to run. All gates run, also after one has failed.
import { reportGates, runGates } from './gates.mjs'

const results = runGates([
  { name: 'format', command: 'oxfmt --check' },
  { name: 'lint', command: 'oxlint --deny-warnings' },
  { name: 'types of src', command: 'tsc -p tsconfig.json' },
  { name: 'types of tests', command: 'tsc -p tsconfig.test.json' },
  { name: 'build', command: 'node scripts/build.mjs' },
  { name: 'publint', command: 'publint --strict', needs: 'build' },
  // Without a profile attw holds every way of resolving to account, node10 (through typesVersions) too.
  { name: 'attw', command: 'attw --pack . --profile strict --format table-flipped --no-color', needs: 'build' },
  { name: 'bundle for browsers', command: 'node scripts/browser-bundle.mjs', needs: 'build' },
  // One entry without a docstring fails it; `npm run docs` writes the pages to docs/api.
  { name: 'typedoc', command: 'typedoc --emit none' },
])
process.exitCode = reportGates(results, 'out/check.json') ? 0 : 1
