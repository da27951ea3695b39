import { HandaxeError } from '../../contracts/errors.ts'
import { runCommand, type CommandOptions } from './run-command.ts'

export interface SystemPackagesResult {
  installed: string[]
}

/**
 * Installs packages of the distribution with `apt-get` where one of them is missing, as root or by `sudo`.
 * Rejects with `sandbox_unavailable` and the command to run by hand where it cannot.
 */
export async function installSystemPackages(
  packages: string[],
  options: CommandOptions & { onProgress: (line: string) => void; userId: number },
): Promise<SystemPackagesResult> {
  const missing: string[] = []
  for (const name of packages) if (!(await isInstalled(name, options))) missing.push(name)
  if (missing.length === 0) return { installed: [] }

  const byHand = `apt-get install -y ${missing.join(' ')}`
  if ((await runCommand('apt-get', ['--version'], options)).exitCode !== 0) {
    throw new HandaxeError(
      'sandbox_unavailable',
      `These packages are missing and there is no apt-get here: ${missing.join(', ')}`,
      {
        hint: 'Install them with the package manager of this system, then run the command again.',
      },
    )
  }
  options.onProgress(`installing ${missing.join(', ')} (apt-get)`)
  const prefix = options.userId === 0 ? [] : ['sudo']
  const run = (args: string[]) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
    return runCommand(command ?? 'apt-get', rest, { ...options, interactive: true })
  }
  // A fresh machine has no package lists; where they are there, the first try saves the update.
  let outcome = await run(['install', '-y', '-q', '--no-install-recommends', ...missing])
  if (outcome.exitCode !== 0) {
    await run(['update', '-q'])
    outcome = await run(['install', '-y', '-q', '--no-install-recommends', ...missing])
  }
  if (outcome.exitCode !== 0) {
    throw new HandaxeError(
      'sandbox_unavailable',
      `apt-get could not install ${missing.join(', ')}: ${lastLines(outcome.stderr)}`,
      {
        hint: `Run it by hand as root and look at the output: ${byHand}`,
      },
    )
  }
  return { installed: missing }
}

async function isInstalled(name: string, options: CommandOptions): Promise<boolean> {
  const outcome = await runCommand('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], options)
  return outcome.exitCode === 0 && outcome.stdout.trim() === 'installed'
}

export function lastLines(text: string, count = 4): string {
  return text.trim().split('\n').slice(-count).join(' | ')
}
