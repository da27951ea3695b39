// `npm test`: sets up what the tests need, builds, runs them all and ends with a line `N passed, N failed, N skipped`.
// Arguments go to vitest: `npm test -- test/sandbox`.
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'
import { join } from 'node:path'

const node = ensureDependencies()
runOrExit(node, ['scripts/setup.mjs'])
runOrExit(node, ['scripts/setup-tests.mjs'])
runOrExit(node, ['scripts/build.mjs'])
const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs')
process.exit(runOrExit(node, [vitest, 'run', ...process.argv.slice(2)], { mayFail: true }))
