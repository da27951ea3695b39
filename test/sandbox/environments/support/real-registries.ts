import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const answers = (command: string, args: string[]): Promise<boolean> =>
  run(command, args, { timeout: 20_000 }).then(
    () => true,
    () => false,
  )

/** Whether the registries that this machine is configured for answer. Who imports this belongs to the group `registry`. */
export const [hasPypi, hasNpm] = await Promise.all([
  answers('python3', ['-m', 'pip', '--retries', '0', '--timeout', '10', 'index', 'versions', 'tabulate']),
  answers('npm', ['view', 'is-number', 'version', '--fetch-retries=0', '--fetch-timeout=10000']),
])
