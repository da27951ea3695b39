// `npm run check`: format, lint, types, and the tests of the structure: who imports whom, the public names, the groups of tests.
// `--without-tests` is for `npm test`, which runs those too.
import { join } from 'node:path'
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'

const node = ensureDependencies()
const bin = (name, file) => join(projectRoot, 'node_modules', name, file)
runOrExit(node, [bin('oxfmt', 'bin/oxfmt'), '--check', '.'])
runOrExit(node, [bin('oxlint', 'bin/oxlint'), '--deny-warnings'])
runOrExit(node, [bin('typescript', 'bin/tsc'), '--noEmit'])
if (!process.argv.includes('--without-tests')) {
  runOrExit(node, [bin('vitest', 'vitest.mjs'), 'run', '--project=basic*', 'test/structure', '--reporter=dot'])
}
