import { spawn } from 'node:child_process'
import { HandaxeError } from '../contracts/errors.ts'

/**
 * Opens files in the user's editor and waits until it is closed. It runs as the user and has the terminal: `command` comes
 * from the user's own environment, and may have arguments (`code --wait`). Throws `invalid_request` where it cannot be started
 * or says that it failed.
 */
export async function runEditor(
  command: string,
  files: readonly string[],
  { folder }: { folder: string },
): Promise<void> {
  const problem = await new Promise<string | null>((resolve) => {
    // By the shell, as git does it: what is in the variable is a command line. File names are arguments, never text of it.
    const child = spawn('/bin/sh', ['-c', `${command} "$@"`, command, ...files], { cwd: folder, stdio: 'inherit' })
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(code === 0 ? null : `it ended with ${signal ?? `exit code ${code}`}`))
  })
  if (problem === null) return
  throw new HandaxeError('invalid_request', `The editor "${command}" failed: ${problem}`, {
    hint: 'Nothing was changed. Name an editor that waits until it is closed by VISUAL or EDITOR, such as `vi` or `code --wait`.',
    details: { command, problem },
  })
}
