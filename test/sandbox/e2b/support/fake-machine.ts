import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, lstatSync, readlinkSync, symlinkSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findPython } from '../../../support/python.ts'

const START_MS = 30_000

export interface FakeMachineOptions {
  metadata: Record<string, string>
  templateId: string
  timeToLiveMs: number
  /** Path of the Node that it has; null: none. */
  nodePath: string | null
}

/** A sandbox of the fake cloud: its processes run below one bubblewrap, with namespaces, users and files of their own. */
export class FakeMachine {
  readonly id = `fake${randomBytes(8).toString('hex')}`
  readonly token = randomBytes(16).toString('hex')
  readonly startedAt = new Date()
  readonly metadata: Record<string, string>
  readonly templateId: string
  /** How often its life was extended. */
  extensions = 0
  isAlive = true
  endAt = new Date()
  readonly ended: Promise<unknown>
  readonly #child: ChildProcess
  readonly #folder: string
  #timer: NodeJS.Timeout | undefined

  private constructor(options: FakeMachineOptions, child: ChildProcess, folder: string) {
    this.metadata = options.metadata
    this.templateId = options.templateId
    this.#child = child
    this.#folder = folder
    this.ended = once(child, 'close')
    child.on('exit', () => void (this.isAlive = false))
    this.live(options.timeToLiveMs)
  }

  static async start(options: FakeMachineOptions): Promise<FakeMachine> {
    const folder = await mkdtemp(join(tmpdir(), 'handaxe-fake-cloud-'))
    await mkdir(join(folder, 'stage'))
    await mkdir(join(folder, 'socket'))
    // A user without rights here listens in it.
    await chmod(join(folder, 'socket'), 0o777)
    const child = launch(folder, options.nodePath)
    let complaint = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    const machine = new FakeMachine(options, child, folder)
    for (const startedAt = performance.now(); !(await answers(machine.socketPath));) {
      if (!machine.isAlive || performance.now() - startedAt > START_MS) {
        await machine.kill()
        throw new Error(`The machine of the fake cloud did not start: ${complaint}`)
      }
      await delay(20)
    }
    return machine
  }

  /** Where its envd listens. */
  get socketPath(): string {
    return join(this.#folder, 'socket', 'envd')
  }

  live(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.endAt = new Date(Date.now() + milliseconds)
    this.#timer = setTimeout(() => void this.kill(), milliseconds)
  }

  async kill(): Promise<void> {
    clearTimeout(this.#timer)
    this.isAlive = false
    this.#child.kill('SIGKILL')
    await this.ended
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function launch(folder: string, nodePath: string | null): ChildProcess {
  const support = import.meta.dirname
  const python = findPython() ?? '/usr/bin/python3'
  const environmentFolder = dirname(dirname(python))
  const isEnvironment = existsSync(join(environmentFolder, 'pyvenv.cfg'))
  const binds: [string, string][] = [
    ['support', support],
    ['socket', join(folder, 'socket')],
    ...(isEnvironment ? [['python', environmentFolder] satisfies [string, string]] : []),
    ...(nodePath === null ? [] : [['node', nodePath] satisfies [string, string]]),
  ]
  const stage = join(folder, 'stage')
  if (process.geteuid?.() !== 0) for (const [name, source] of binds) symlinkSync(source, join(stage, name))
  const show = (name: string, target: string) => ['--ro-bind', `{stage}/${name}`, target]
  const execute = [
    '/usr/bin/bwrap',
    ...'--unshare-pid --unshare-net --unshare-ipc --unshare-uts --hostname fake --die-with-parent --new-session'.split(
      ' ',
    ),
    ...'--cap-add ALL --clearenv --setenv PATH /opt/environment/bin:/opt/tools/bin:/usr/local/bin:/usr/bin:/bin --setenv HOME /root'.split(
      ' ',
    ),
    ...systemFolders(),
    // Made by itself, a folder above a mount would be closed to everybody else.
    ...'--proc /proc --dev /dev --tmpfs /tmp --dir /root --dir /run --dir /opt --dir /opt/tools --dir /opt/tools/bin --chdir /'.split(
      ' ',
    ),
    ...show('support', '/opt/support'),
    ...(isEnvironment ? show('python', '/opt/environment') : []),
    ...(nodePath === null ? [] : show('node', '/opt/tools/bin/node')),
    '--bind',
    '{stage}/socket',
    '/run/envd',
    ...'-- /usr/bin/python3 -I -B /opt/support/envd.py /run/envd/envd'.split(' '),
  ]
  const order = JSON.stringify({ stage, binds, execute })
  // An environment of its own: nothing of this process's, a key for instance, is to be found in the machine.
  return spawn('/usr/bin/python3', ['-I', '-S', '-B', join(support, 'launch.py'), order], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {},
    cwd: '/',
  })
}

function systemFolders(): string[] {
  const found = ['--ro-bind', '/usr', '/usr']
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    if (!existsSync(folder)) continue
    const isLink = lstatSync(folder).isSymbolicLink()
    found.push(...(isLink ? ['--symlink', readlinkSync(folder), folder] : ['--ro-bind', folder, folder]))
  }
  for (const file of ['/etc/alternatives', '/etc/ld.so.cache', '/etc/fonts']) found.push('--ro-bind-try', file, file)
  return found
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
