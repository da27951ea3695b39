import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cliEnvironment, main } from './run-cli.ts'

/** util-linux's `script` gives a command a terminal of its own; every Debian has it. */
export const hasTerminals = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true

/**
 * Runs `handaxe` on a pseudo-terminal. What it shows is one stream there; as soon as `question` is in it, `answer` is typed.
 * Resolves with the exit code and all that was shown.
 */
export function runOnTerminal(
  home: string,
  args: string[],
  { question, answer, environment }: { question: RegExp; answer: string; environment: Record<string, string> },
): Promise<{ exitCode: number | null; shown: string }> {
  const quoted = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  )
  const command = join(home, 'command.sh')
  writeFileSync(command, `exec ${quoted.join(' ')}\n`)
  chmodSync(command, 0o700)
  const child = spawn('script', ['--quiet', '--return', '--command', `sh ${command}`, '/dev/null'], {
    cwd: home,
    env: { ...cliEnvironment(home), TERM: 'xterm', SHELL: '/bin/sh', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let isAnswered = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    if (isAnswered || !question.test(shown)) return
    isAnswered = true
    child.stdin.write(answer)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      child.stdin.destroy()
      resolve({ exitCode, shown })
    })
  })
}
