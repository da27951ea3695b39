// A container engine of the tests' own: its data, socket and processes lie in one folder, it has no network, and it ends with
// the process that started it.
import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { prepareImage } from './docker-image.mjs'
import { hasCommand, run } from './run-program.mjs'
import { installMissing, installPackages } from './system-packages.mjs'

export const IMAGE = 'handaxe-sandbox-test:latest'
const START_MS = 60_000
const STOP_MS = 20_000

/**
 * Starts an engine in `folder` that has the image; installs what is missing. Returns its socket; throws with the reason
 * where it cannot be done. `staysOn` lets it outlive this process; `onMissing` is told what is not there for a part of the tests.
 */
export async function startEngine(folder, node, { staysOn = false, onMissing = () => {} } = {}) {
  if (process.platform !== 'linux' || process.getuid() !== 0) throw new Error('it takes Linux and root')
  installMissing({ dockerd: 'docker.io', debootstrap: 'debootstrap' })
  // gVisor is a second runtime: without its package its tests are skipped.
  if (hasCommand('runsc') === '') tryToInstall('runsc', (reason) => onMissing('containers with gVisor', reason))
  const archive = prepareImage(node)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const socket = join(folder, 'docker.sock')
  try {
    await spawnEngine(folder, socket, staysOn)
    if (docker(socket, ['image', 'inspect', IMAGE], { mayFail: true }).status !== 0) {
      docker(socket, ['import', '--change', 'USER 65534:65534', '--change', 'WORKDIR /box', archive, IMAGE])
    }
    return socket
  } catch (error) {
    await stopEngine(folder)
    throw error
  }
}

/** Ends the engine of this folder, by the process id that it wrote there, with its containers, and removes the folder. */
export async function stopEngine(folder) {
  const socket = join(folder, 'docker.sock')
  const pidFile = join(folder, 'docker.pid')
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0
  if (pid > 0 && commandOf(pid).includes(socket)) {
    const containers = docker(socket, ['ps', '--all', '--quiet'], { mayFail: true }).stdout.split('\n').filter(Boolean)
    if (containers.length > 0) docker(socket, ['rm', '--force', ...containers], { mayFail: true })
    process.kill(pid, 'SIGTERM')
    const deadline = Date.now() + STOP_MS
    while (commandOf(pid) !== '' && Date.now() < deadline) await delay(100)
    // Its own containerd and the mounts of its containers stay where it is killed: said, not hidden.
    if (commandOf(pid) !== '') throw new Error(`The engine (process ${pid}) does not end: ${folder} is left as it is`)
  }
  rmSync(folder, { recursive: true, force: true })
}

export function isUp(socket) {
  return existsSync(socket) && docker(socket, ['info'], { mayFail: true }).status === 0
}

async function spawnEngine(folder, socket, staysOn) {
  const runsc = hasCommand('runsc')
  const configuration = join(folder, 'daemon.json')
  // Debian's runsc takes every network namespace of a new kernel for the machine's own, and refuses it: it gets none.
  const runtimes = runsc === '' ? {} : { runsc: { path: runsc, runtimeArgs: ['--network=none'] } }
  writeFileSync(configuration, JSON.stringify({ runtimes }))
  const path = join(folder, 'dockerd.log')
  for (const driver of ['overlay2', 'vfs']) {
    const log = openSync(path, 'a')
    const engine = spawn(
      ...withParent(staysOn, 'dockerd', [
        ['--host', `unix://${socket}`],
        ['--pidfile', join(folder, 'docker.pid')],
        ['--storage-driver', driver],
        ['--data-root', join(folder, 'data')],
        ['--exec-root', join(folder, 'exec')],
        // The containers have no network, so the engine needs none of its own and leaves the machine's rules alone.
        ['--iptables=false', '--ip6tables=false', '--bridge=none'],
        ['--config-file', configuration],
      ]),
      // A session of its own: Ctrl-C reaches the tests first.
      { detached: true, stdio: ['ignore', log, log], cwd: '/' },
    )
    closeSync(log)
    const ended = new Promise((resolve) => {
      for (const event of ['exit', 'error']) engine.once(event, () => resolve(true))
    })
    const deadline = Date.now() + START_MS
    let isGone = false
    while (Date.now() < deadline && !isGone && !isUp(socket)) isGone = await Promise.race([ended, delay(200, false)])
    if (isUp(socket)) return engine.unref()
    if (!isGone) engine.kill('SIGKILL')
  }
  throw new Error(`dockerd did not start: ${readFileSync(path, 'utf8').trim().split('\n').slice(-3).join(' ')}`)
}

/** The engine is told by the kernel when whoever started it is gone, however that came about. */
function withParent(staysOn, command, options) {
  const args = options.flat()
  if (staysOn || hasCommand('setpriv') === '') return [command, args]
  return ['setpriv', ['--pdeathsig', 'TERM', command, ...args]]
}

function tryToInstall(name, onMissing) {
  try {
    installPackages(name)
  } catch (error) {
    console.error(`· ${error.message}`)
    onMissing(error.message)
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

function docker(socket, args, options) {
  return run('docker', ['--host', `unix://${socket}`, ...args], options)
}
