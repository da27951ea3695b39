// `npm run setup`: what the sandbox needs on this machine (bubblewrap, Python with the standard packages).
import { ensureDependencies, runOrExit } from './ensure-dependencies.mjs'

runOrExit(ensureDependencies(), [
  '--disable-warning=ExperimentalWarning',
  'src/cli/main.ts',
  'setup',
  ...process.argv.slice(2),
])
