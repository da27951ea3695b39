// Runs a command in a root folder as on a machine of its own: its own mounts and processes, of which nothing is left when the
// command ends, or when this process does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('enter-root.sh', import.meta.url))
/** The first process of the new machine. It waits for nobody's children but its own, as that of a container without an init. */
const FIRST_PROCESS = `
const { spawn } = require('node:child_process')
const [command, ...args] = process.argv.slice(1)
spawn(command, args, { stdio: 'inherit' }).on('exit', (code, signal) => {
  if (signal) console.error(command + ' was ended by ' + signal)
  process.exit(code ?? 128)
})`
const SPEAK_EVERY_MS = 30_000

const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Runs `command` (an array) in `root` as `user` ({ name, home, path }), with these variables and nothing else. What it says
 * goes to the file `log`; a line of progress comes twice a minute. Returns its exit code and what it said; a command that
 * takes longer than `timeoutMs` is ended with all its processes, and has the exit code null.
 */
export async function enterRoot(root, command, { title, user, variables, folder, log, timeoutMs, how = 'pivot' }) {
  const environment = { ...variables, HOME: user.home, USER: user.name, LOGNAME: user.name, PATH: user.path }
  const settings = Object.entries({ ...environment, SHELL: '/bin/bash', LANG: 'C.UTF-8' }).map(
    ([name, value]) => `${name}=${value}`,
  )
  const script = 'cd "$1" && shift && exec "$@"'
  const inside = [
    'runuser',
    '-u',
    user.name,
    '--',
    'env',
    '-i',
    ...settings,
    'sh',
    '-c',
    script,
    'sh',
    folder,
    ...command,
  ]
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child=KILL', '--propagation', 'private']
  const startedAt = Date.now()
  // Its own death takes the namespace's first process with it, and that takes all others.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...namespaces, SCRIPT, how, root, 'node', '-e', FIRST_PROCESS, ...inside],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    },
  )
  running.add(child)
  const file = createWriteStream(log)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(file, { end: false })
    stream.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-2_000_000)))
  }
  let isLate = false
  const deadline = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const speaking = setInterval(() => {
    const last = said.trimEnd().split('\n').at(-1) ?? ''
    console.error(`· ${title}: ${seconds(startedAt)} s: ${last.slice(0, 120)}`)
  }, SPEAK_EVERY_MS)
  const namespace = await pidNamespaceBelow(child)
  const [code, signal] = child.exitCode === null && child.signalCode === null ? await once(child, 'close') : []
  for (const timer of [deadline, speaking]) clearTimeout(timer)
  running.delete(child)
  file.end()
  removeGroups(namespace)
  return { exitCode: isLate ? null : (code ?? child.exitCode ?? signal), said, tookSeconds: seconds(startedAt) }
}

function seconds(startedAt) {
  return Math.round((Date.now() - startedAt) / 1000)
}

/** The number of the new namespace: sandboxes that were killed in it name their cgroups by it. */
async function pidNamespaceBelow(child) {
  const own = readlinkSync('/proc/self/ns/pid')
  for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
    try {
      const found = readlinkSync(`/proc/${child.pid}/ns/pid_for_children`)
      if (found !== own) return /\d+/.exec(found)[0]
    } catch {
      // Not started yet, or the first process has not been made.
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return null
}

/** All their processes have ended with the namespace; its groups are the machine's and stay. */
function removeGroups(namespace) {
  if (namespace === null) return
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
  for (const [, folder] of mounts.filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')) {
    const groups = join(folder, 'handaxe')
    if (!existsSync(groups)) continue
    for (const name of readdirSync(groups)) if (name.includes(`-${namespace}-`)) removeGroup(join(groups, name))
  }
}

function removeGroup(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name))
  }
  rmdirSync(folder)
}
