// Makes what the tests of the docker backend need, on Debian as root: an engine of their own in a folder of its own, and
// an image without any registry. Does nothing that is done already. `--stop` ends the engine and removes the folder.
//
//   node scripts/setup-docker-tests.mjs [--stop]
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureDependencies } from './ensure-dependencies.mjs'

const FOLDER = join(tmpdir(), 'handaxe-docker-tests')
const SOCKET = join(FOLDER, 'docker.sock')
const ROOT = join(FOLDER, 'root')
const PID_FILE = join(FOLDER, 'docker.pid')
const LOG = join(FOLDER, 'dockerd.log')
const CONFIGURATION = join(FOLDER, 'daemon.json')
const IMAGE = 'handaxe-sandbox-test:latest'
const PACKAGES = ['numpy', 'pandas', 'scipy', 'matplotlib']
const START_MS = 60_000
/** Without DEBIAN_MIRROR debootstrap takes the mirror that it has built in. */
const MIRROR = process.env.DEBIAN_MIRROR ? [process.env.DEBIAN_MIRROR] : []

if (process.argv.includes('--stop')) stop()
else await setUp()

async function setUp() {
  if (process.platform !== 'linux' || process.getuid() !== 0)
    fail('This needs Linux and root: it starts a container engine')
  install({ dockerd: 'docker.io', debootstrap: 'debootstrap' })
  // gVisor is a second runtime: without its package its tests are skipped.
  if (!hasCommand('runsc'))
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'runsc'], { mayFail: true })
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 })
  if (!isUp()) await startEngine()
  if (docker(['image', 'inspect', IMAGE], { mayFail: true }).status !== 0) importImage()
  console.log(`The engine of the docker tests listens at ${SOCKET} and has ${IMAGE}`)
}

async function startEngine() {
  console.error('· starting an engine')
  const runsc = hasCommand('runsc')
  // Debian's runsc takes every network namespace of a new kernel for the machine's own, and refuses it: it gets none.
  const runtimes = runsc === '' ? {} : { runsc: { path: runsc, runtimeArgs: ['--network=none'] } }
  writeFileSync(CONFIGURATION, JSON.stringify({ runtimes }))
  for (const driver of ['overlay2', 'vfs']) {
    const log = openSync(LOG, 'a')
    const options = [
      '--host',
      `unix://${SOCKET}`,
      '--pidfile',
      PID_FILE,
      '--storage-driver',
      driver,
      '--data-root',
      join(FOLDER, 'data'),
      '--exec-root',
      join(FOLDER, 'exec'),
      // The containers have no network, so the engine needs none of its own and leaves the machine's rules alone.
      '--iptables=false',
      '--ip6tables=false',
      '--bridge=none',
      '--config-file',
      CONFIGURATION,
    ]
    const engine = spawn('dockerd', options, { detached: true, stdio: ['ignore', log, log], cwd: '/' })
    closeSync(log)
    const ended = new Promise((resolve) => engine.once('exit', () => resolve(true)))
    const deadline = Date.now() + START_MS
    let isGone = false
    while (Date.now() < deadline && !isGone && !isUp()) isGone = await Promise.race([ended, delay(200, false)])
    if (isUp()) return engine.unref()
    if (!isGone) engine.kill('SIGKILL')
  }
  fail(`dockerd did not start; the end of ${LOG}:\n${readFileSync(LOG, 'utf8').split('\n').slice(-15).join('\n')}`)
}

/** A Debian with Python, its packages by wheels, and this project's Node; no registry has a part in it. */
function importImage() {
  const node = ensureDependencies()
  if (!existsSync(join(ROOT, '.done'))) {
    console.error('· building a root folder (debootstrap)')
    rmSync(ROOT, { recursive: true, force: true })
    const release = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm'
    run('debootstrap', ['--variant=minbase', '--include=python3', release, ROOT, ...MIRROR])
    const version = run('chroot', [
      ROOT,
      'python3',
      '-c',
      'import sys; print("%d.%d" % sys.version_info[:2])',
    ]).stdout.trim()
    console.error(`· installing ${PACKAGES.join(', ')} for Python ${version}`)
    const platform = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
    run('python3', [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary=:all:',
      '--python-version',
      version,
      '--implementation',
      'cp',
      ...['manylinux2014', 'manylinux_2_27', 'manylinux_2_28'].flatMap((name) => ['--platform', `${name}_${platform}`]),
      '--target',
      join(ROOT, `usr/local/lib/python${version}/dist-packages`),
      ...PACKAGES,
    ])
    copyFileSync(realpathSync(node), join(ROOT, 'usr/local/bin/node'))
    chmodSync(join(ROOT, 'usr/local/bin/node'), 0o755)
    for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'usr/share/man']) {
      rmSync(join(ROOT, folder), { recursive: true, force: true })
    }
    run('find', [join(ROOT, 'usr/local'), '-name', 'tests', '-type', 'd', '-prune', '-exec', 'rm', '-rf', '{}', '+'])
    run('find', [ROOT, '-xdev', '-perm', '/6000', '-type', 'f', '-exec', 'chmod', 'a-s', '{}', '+'])
    for (const folder of ['box', 'fill', 'opt/guest']) mkdirSync(join(ROOT, folder), { recursive: true })
    writeFileSync(join(ROOT, '.done'), '')
  }
  console.error('· importing the image')
  const archive = join(FOLDER, 'root.tar')
  run('tar', ['-C', ROOT, '--exclude=./.done', '-cf', archive, '.'])
  docker(['import', '--change', 'USER 65534:65534', '--change', 'WORKDIR /box', archive, IMAGE])
  // The engine has a copy now.
  rmSync(archive)
  rmSync(ROOT, { recursive: true, force: true })
}

/** Only the engine that this script has started, by the process id in its own folder. */
function stop() {
  const pid = existsSync(PID_FILE) ? Number(readFileSync(PID_FILE, 'utf8')) : 0
  if (pid > 0 && commandOf(pid).includes(SOCKET)) {
    const containers = docker(['ps', '--all', '--quiet'], { mayFail: true }).stdout.split('\n').filter(Boolean)
    if (containers.length > 0) docker(['rm', '--force', ...containers], { mayFail: true })
    process.kill(pid, 'SIGTERM')
    for (let tries = 0; tries < 100 && commandOf(pid) !== ''; tries++) spawnSync('sleep', ['0.1'])
    if (commandOf(pid) !== '') fail(`The engine (process ${pid}) does not end: ${FOLDER} is left as it is`)
  }
  rmSync(FOLDER, { recursive: true, force: true })
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

function install(packages) {
  const missing = Object.entries(packages).flatMap(([command, name]) => (hasCommand(command) ? [] : [name]))
  if (missing.length === 0) return
  console.error(`· installing ${missing.join(', ')} (apt-get)`)
  const args = ['install', '-y', '-q', '--no-install-recommends', ...missing]
  if (run('apt-get', args, { mayFail: true }).status === 0) return
  run('apt-get', ['update', '-q'])
  run('apt-get', args)
}

function hasCommand(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim()
}

function isUp() {
  return existsSync(SOCKET) && docker(['info'], { mayFail: true }).status === 0
}

function docker(args, options) {
  return run('docker', ['--host', `unix://${SOCKET}`, ...args], options)
}

function run(command, args, { mayFail = false } = {}) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const outcome = spawnSync(command, args, { encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 })
  if (outcome.status !== 0 && !mayFail) {
    fail(`${command} ${args.join(' ')} failed:\n${(outcome.stderr ?? outcome.error?.message ?? '').slice(-2000)}`)
  }
  return outcome
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
