// How many tests passed, failed and were skipped, over several programs that run tests, and what could not be tested at all.
// HANDAXE_TEST_COUNTS names a file to which each of them adds a line. From a shell: `node scripts/test-counts.mjs PASSED FAILED
// SKIPPED`.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

export const COUNTS_VARIABLE = 'HANDAXE_TEST_COUNTS'

/** Without a file that asks for them nothing is written. */
export function addCounts(
  { passed = 0, failed = 0, skipped = 0, notTested = [] },
  file = process.env[COUNTS_VARIABLE],
) {
  if (file) appendFileSync(file, `${JSON.stringify({ passed, failed, skipped, notTested })}\n`)
}

/** What set-up could not bring about: the run goes on without it, and its end says so again, where people look. */
export function addNotTested(what, reason, file) {
  addCounts({ notTested: [`${what}: ${reason.replaceAll(/\s+/g, ' ').trim()}`] }, file)
}

/** The sum of what was added. */
export function readCounts(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  return sumCounts(lines.map((line) => JSON.parse(line)))
}

export function sumCounts(all) {
  const sum = (name) => all.reduce((total, counts) => total + counts[name], 0)
  const notTested = [...new Set(all.flatMap((counts) => counts.notTested))]
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), notTested }
}

/** The counts are the last line; above it what was not tested. */
export function renderCounts({ passed, failed, skipped, notTested = [] }) {
  return [
    ...notTested.map((what) => `NOT TESTED: ${what}`),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ].join('\n')
}

if (import.meta.filename === process.argv[1]) {
  const [passed, failed, skipped] = process.argv.slice(2).map(Number)
  addCounts({ passed, failed, skipped })
}
