// How many tests passed, failed and were skipped, over several programs that run tests. HANDAXE_TEST_COUNTS names a file to
// which each of them adds a line. From a shell: `node scripts/test-counts.mjs PASSED FAILED SKIPPED`.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

export const COUNTS_VARIABLE = 'HANDAXE_TEST_COUNTS'

/** Without a file that asks for them nothing is written. */
export function addCounts({ passed = 0, failed = 0, skipped = 0 }, file = process.env[COUNTS_VARIABLE]) {
  if (file) appendFileSync(file, `${JSON.stringify({ passed, failed, skipped })}\n`)
}

/** The sum of what was added. */
export function readCounts(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  const all = lines.map((line) => JSON.parse(line))
  const sum = (name) => all.reduce((total, counts) => total + counts[name], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}

export function renderCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

if (import.meta.filename === process.argv[1]) {
  const [passed, failed, skipped] = process.argv.slice(2).map(Number)
  addCounts({ passed, failed, skipped })
}
