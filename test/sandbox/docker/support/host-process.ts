/** Executed by tests that end or limit the host: opens a docker sandbox, tells how that went, then waits to be ended. */
import { setTimeout as delay } from 'node:timers/promises'
import { HandaxeError } from '../../../../src/contracts/errors.ts'
import { openSandbox } from '../../../../src/sandbox/open-sandbox.ts'
import { ENVIRONMENT, IMAGE } from './engine.ts'

try {
  const sandbox = await openSandbox({
    backend: 'docker',
    pythonPath: null,
    stateFolder: process.argv[2] ?? '',
    environment: ENVIRONMENT,
    docker: { image: IMAGE },
    idlePython: 1,
    idleJavascript: 0,
  })
  const code = "import time\nprint('running', flush=True)\nwhile True: time.sleep(1)"
  await sandbox.execute({ language: 'python', code, onOutput: () => process.stdout.write('running\n') })
} catch (error) {
  if (!HandaxeError.isInstance(error)) throw error
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message, hint: error.hint }))
  process.exit(0)
}
await delay(60_000)
