import { spawnSync } from 'node:child_process'

// dockerd and debootstrap lie where an ordinary user's PATH, and that of many shells of root, does not look.
process.env.PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

/** A mirror that does not answer must not stop the tests for ever. */
const STEP_MS = 10 * 60_000

/** Runs a program to its end. Throws with the end of what it said where it fails. */
export function run(command, args, { mayFail = false, cwd, timeoutMs = STEP_MS } = {}) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs, cwd }
  const outcome = spawnSync(command, args, options)
  if (outcome.status === 0 || mayFail) return outcome
  throw new Error(
    `${command} ${args.find((arg) => !arg.startsWith('-')) ?? ''} failed: ${reasonOf(outcome, timeoutMs)}`,
  )
}

function reasonOf({ error, stderr, stdout }, timeoutMs) {
  const said = reasonIn((stderr || stdout || '').trim())
  if (error?.code === 'ETIMEDOUT') return `it took longer than ${timeoutMs / 1000} s; the last that it said: ${said}`
  return said || (error?.message ?? 'it said nothing')
}

/** The line that names the error, which Node prints above its stack and Python below it; else the end of what was said. */
function reasonIn(said) {
  const lines = said.split('\n')
  const named = lines.findLast((line) => /^(?:\w+Error|E|error|ERROR)\b.*: ./.test(line))
  return (named ?? lines.slice(-3).join(' ')).slice(-300)
}

/** The whole path of a command, or '' where it is not there. */
export function hasCommand(name) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim()
}
