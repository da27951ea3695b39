// `npm test` and `npm run test:all`: install the dependencies on whatever Node the machine has, then go on with the project's.
import { ensureDependencies, runOrExit } from './ensure-dependencies.mjs'

runOrExit(ensureDependencies(), ['scripts/run-tests.mjs', ...process.argv.slice(2)])
