/** Executed by a test as an ordinary user: opens the sandbox under a policy, prints what came of it as JSON. */
import { HandaxeError } from '../../../src/contracts/errors.ts'
import { openSandbox } from '../../../src/sandbox/open-sandbox.ts'

const [stateFolder = '', pythonPath = '', policy = '{}'] = process.argv.slice(2)
try {
  const sandbox = await openSandbox({
    ...JSON.parse(policy),
    pythonPath: pythonPath === '' ? null : pythonPath,
    stateFolder,
    environment: process.env,
  })
  const { status, value } = await sandbox.execute({ language: 'python', code: 'result(6 * 7)' })
  await sandbox.close()
  process.stdout.write(JSON.stringify({ status, value, guarantees: sandbox.guarantees }))
} catch (error) {
  if (!HandaxeError.isInstance(error)) throw error
  const { code, message, hint, details } = error
  process.stdout.write(JSON.stringify({ code, message, hint, details }))
}
