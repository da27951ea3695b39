// All that CI runs, one part after the other, also after one that failed: `npm test`, all other tests, the newcomer check.
// The last line sums up what the parts counted; above it stands what could not be tested on this machine, and why. Runs on whatever Node the machine has.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from './ensure-dependencies.mjs'
import { COUNTS_VARIABLE, readCounts, renderCounts, sumCounts } from './test-counts.mjs'

/** A part adds its own counts (scripts/test-counts.mjs). One that fails without a count is one failure. */
const PARTS = [
  { name: 'npm test', command: ['npm', 'test', '--silent'] },
  { name: 'all other tests', command: ['npm', 'run', '--silent', 'test:all', '--', '--rest'] },
  { name: 'the newcomer check', command: ['node', 'scripts/newcomer-check.mjs'] },
]

const folder = mkdtempSync(join(tmpdir(), 'handaxe-ci-'))
const results = PARTS.map(run)
rmSync(folder, { recursive: true, force: true })
for (const { name, counts, minutes } of results) {
  console.log(`${name}: ${renderCounts({ ...counts, notTested: [] })} (${minutes} min)`)
}
const all = sumCounts(results.map(({ counts }) => counts))
console.log(renderCounts(all))
process.exit(all.failed === 0 ? 0 : 1)

function run({ name, command: [program, ...args] }, index) {
  console.error(`\n=== ${name}`)
  const startedAt = Date.now()
  const file = join(folder, String(index))
  const env = { ...process.env, [COUNTS_VARIABLE]: file }
  const { status, error } = spawnSync(program, args, { cwd: projectRoot, stdio: 'inherit', env })
  if (error) console.error(error.message)
  const counts = readCounts(file)
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  return { name, counts, minutes: ((Date.now() - startedAt) / 60_000).toFixed(1) }
}
