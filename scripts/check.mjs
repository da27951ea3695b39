// `npm run check`: format, lint, types, the import table and the pinned list of public names.
import { join } from 'node:path'
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'

const node = ensureDependencies()
const bin = (name, file) => join(projectRoot, 'node_modules', name, file)
runOrExit(node, [bin('oxfmt', 'bin/oxfmt'), '--check', '.'])
runOrExit(node, [bin('oxlint', 'bin/oxlint'), '--deny-warnings'])
runOrExit(node, [bin('typescript', 'bin/tsc'), '--noEmit'])
runOrExit(node, [bin('vitest', 'vitest.mjs'), 'run', 'test/structure', '--reporter=dot'])
