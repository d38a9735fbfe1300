// Which tests a run of vitest has left out: only those on real data, which no repository may hold, may be absent.

/** @typedef {{ testResults: readonly { assertionResults: readonly { fullName: string, status: string }[] }[] }} Report */

/** The names of the tests left out, of vitest's JSON report: for want of the real data, and for any other reason. */
export function skippedTests(/** @type {Report} */ { testResults }) {
  const names = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName)
  const lacksData = (/** @type {string} */ name) => name.endsWith('skipped: no real data beside the project')
  return { expected: names.filter(lacksData), unexpected: names.filter((name) => !lacksData(name)) }
}
