import { closeSync, constants, openSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isOurs, ownWeight, readWords, write } from './cgroup-files.ts'
import { CONTROLLERS, tryHandOn } from './cgroups-2.ts'
import { runCommand, type UserSystemd } from './user-systemd.ts'

/** Largest weight that systemd takes. */
const MOST_WEIGHT = 10_000

/**
 * A transient service of the user's systemd whose group is ours to divide, for as long as this process lives.
 *
 * A service, not a scope: only for services do all versions have OOMPolicy=. Some before 253 end a whole scope when the
 * kernel ends one process in it for want of memory (systemd's issue 25376), here an everyday matter. Its one process reads
 * from a FIFO that only this process can write to. When handaxe is gone, however it ended, the reader comes to its end, and
 * systemd ends the unit with all that is in it.
 */
export class DelegatedUnit {
  readonly name: string
  /** Whether that was the reason for which it did not start. */
  lacksControllers = false
  readonly #systemd: UserSystemd
  readonly #root: string
  /** Its end of life: open here and nowhere else for writing. */
  #writeEnd: number | null = null

  constructor(systemd: UserSystemd, root: string, name: string) {
    this.#systemd = systemd
    this.#root = root
    this.name = name
  }

  /** The folder of its group, which hands controllers on. Rejects with the reason; `stop` then clears up. */
  async start(): Promise<string> {
    const { systemdRun, systemctl, runtimeFolder, environment } = this.#systemd
    const fifo = join(runtimeFolder, `${this.name}.fifo`)
    await runCommand('/bin/sh', ['-c', 'exec mkfifo -m 600 -- "$0"', fifo], { PATH: '/usr/local/bin:/usr/bin:/bin' })
    try {
      // For reading too, or this would wait for the reader. Closed in what is executed, as all descriptors of Node's.
      this.#writeEnd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
      await runCommand(systemdRun, serviceArguments(this.name, fifo), environment)
    } finally {
      await rm(fifo, { force: true })
    }
    const shown = await runCommand(
      systemctl,
      ['--user', 'show', '-p', 'MainPID', '-p', 'ControlGroup', this.name],
      environment,
    )
    const group = /^ControlGroup=(\/.*)$/m.exec(shown)?.[1] ?? ''
    const processId = /^MainPID=([1-9]\d*)$/m.exec(shown)?.[1]
    const folder = join(this.#root, group)
    if (!group.endsWith(`/${this.name}`) || processId === undefined || !isOurs(folder)) {
      throw new Error(`the group of ${this.name} is not seen here`)
    }
    await this.#divide(folder, processId)
    return folder
  }

  async #divide(folder: string, processId: string): Promise<void> {
    const controllers = readWords(join(folder, 'cgroup.controllers'))
    const missing = CONTROLLERS.filter((name) => !controllers.includes(name))
    this.lacksControllers = missing.length > 0
    if (this.lacksControllers) {
      throw new Error(`${missing.join(' and ')} are not delegated to it`)
    }
    // Only groups without processes of their own can bound those below them.
    await mkdir(join(folder, 'keeper'))
    write(join(folder, 'keeper', 'cgroup.procs'), processId)
    if (!tryHandOn(folder)) throw new Error('its group cannot be divided')
  }

  /** Its process ends, and with it, as systemd sees to, everything in it. Safe to call twice. */
  stop(): void {
    if (this.#writeEnd !== null) closeSync(this.#writeEnd)
    this.#writeEnd = null
  }
}

function serviceArguments(name: string, fifo: string): string[] {
  const properties = [
    `StandardInput=file:${fifo}`,
    'StandardOutput=null',
    // Where handaxe is gone before the FIFO was opened, nobody would ever end the wait for a writer.
    'TimeoutStartSec=30',
    'Delegate=cpu memory pids',
    'OOMPolicy=continue',
    'KillSignal=SIGKILL',
    `CPUWeight=${Math.min(MOST_WEIGHT, ownWeight(100))}`,
  ]
  return [
    ...'--user --quiet --collect --no-ask-password --service-type=exec'.split(' '),
    `--unit=${name}`,
    '--description=Sandbox of handaxe',
    ...properties.flatMap((property) => ['-p', property]),
    '--',
    '/bin/cat',
  ]
}
