/** Executed by tests that end the host: opens an e2b sandbox, says when code runs in it, then waits to be ended. */
import { openSandbox } from '../../../../src/sandbox/open-sandbox.ts'

const [, , stateFolder = '', environment = '{}'] = process.argv
const sandbox = await openSandbox({
  backend: 'e2b',
  pythonPath: null,
  stateFolder,
  environment: JSON.parse(environment) as Record<string, string>,
  idlePython: 1,
  idleJavascript: 0,
})
const code = "import time\nprint('running', flush=True)\nwhile True: time.sleep(1)"
await sandbox.execute({ language: 'python', code, onOutput: () => process.stdout.write('running\n') })
