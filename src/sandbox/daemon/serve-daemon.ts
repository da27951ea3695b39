import { randomBytes } from 'node:crypto'
import { chmodSync, statSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sandbox } from '../../contracts/sandbox.ts'
import { ownIdentity } from '../process-identity.ts'
import { closeInherited } from './close-inherited.ts'
import { openDaemonFolder, type DaemonFolder } from './daemon-folder.ts'
import {
  beginEnding,
  publishRecord,
  readRecord,
  removeLeftovers,
  removeRecord,
  removeRecords,
  type DaemonRecord,
} from './daemon-record.ts'
import type { DaemonSettings } from './daemon-settings.ts'
import { endClaim } from './start-claim.ts'
import { canConnect } from './daemon-connection.ts'
import { PROTOCOL, type DaemonStatus } from './protocol.ts'
import { ServedClient } from './serve-client.ts'

/** How soon a daemon finds out that another one has taken over, or that its folder is gone. */
const LOOK_EVERY_MS = 500
/** An ending daemon lets clients that have connected in time come to their request. */
const GRACE_MS = 2_000
/** Longer than an execution takes that is ended, by far. What is still there then ends with this process. */
const FORCED_MS = 25_000
/** One that could not open its sandbox is there for those who wait to be told why. */
const FAILED_IDLE_MS = 1_000

export interface ServeOptions {
  settings: DaemonSettings
  openSandbox: (options: DaemonSettings['sandbox']) => Promise<Sandbox>
  /** How long it waits for the first client, in milliseconds; later ones say it themselves. */
  idleMs: number
  /** Ends it. */
  signal: AbortSignal
}

/**
 * Serves executions until nobody has wanted one for a while, it is stopped, another one has taken over or its folder is
 * gone. Settles when nothing of it is left; at once where another daemon of the same build is in charge. Rejects with
 * `DaemonUnusable` where its folder cannot be used.
 */
export async function serveDaemon(options: ServeOptions): Promise<'served' | 'not-needed'> {
  closeInherited()
  const folder = openDaemonFolder(options.settings.sandbox.stateFolder)
  try {
    removeLeftovers(folder)
    const { key, build } = options.settings
    const inCharge = readRecord(folder, key)
    if (inCharge?.build === build && (await canConnect(folder, inCharge))) return 'not-needed'
    await new Daemon(options, folder).serve()
    return 'served'
  } finally {
    folder.close()
  }
}

class Daemon {
  readonly #options: ServeOptions
  readonly #folder: DaemonFolder
  readonly #record: DaemonRecord
  readonly #server: Server
  readonly #clients = new Set<ServedClient>()
  readonly #startedAt = performance.now()
  #sandbox: Promise<Sandbox> | null = null
  #idleTimer: NodeJS.Timeout | undefined
  #isEnding = false
  #isClosing = false
  #lastResort: NodeJS.Timeout | undefined
  #hasFailed = false
  #idleMs: number
  #executions = 0
  #underWay = 0
  #end: (force: boolean) => void = () => {}
  readonly #ended: Promise<boolean>

  constructor(options: ServeOptions, folder: DaemonFolder) {
    this.#options = options
    this.#folder = folder
    this.#idleMs = options.idleMs
    const { key, version, build } = options.settings
    const identity = ownIdentity()
    this.#record = {
      protocol: PROTOCOL,
      version,
      build,
      identity,
      pid: process.pid,
      token: randomBytes(32).toString('hex'),
      socket: `${key}-${identity}.sock`,
      startedAt: new Date().toISOString(),
    }
    this.#server = createServer((socket) => this.#accept(socket))
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async serve(): Promise<void> {
    const { signal } = this.#options
    await this.#listen()
    this.#takeCharge()
    this.#awaitNextClient()
    this.#open().catch(() => {
      this.#hasFailed = true
      this.#awaitNextClient()
    })
    const looking = setInterval(() => this.#look(), LOOK_EVERY_MS)
    signal.addEventListener('abort', () => this.#stop(true), { once: true })
    if (signal.aborted) this.#end(true)
    const force = await this.#ended
    this.#isEnding = true
    clearInterval(looking)
    clearTimeout(this.#idleTimer)
    await this.#close(force)
  }

  /** Where that fails, as on a full disk, nobody would ever find it: a socket that listens would keep it alive for good. */
  #takeCharge(): void {
    const { key } = this.#options.settings
    try {
      publishRecord(this.#folder, key, this.#record)
      endClaim(this.#folder, key)
    } catch (error) {
      this.#server.close()
      throw error
    }
  }

  #open(): Promise<Sandbox> {
    this.#sandbox ??= this.#options.openSandbox(this.#options.settings.sandbox)
    return this.#sandbox
  }

  async #listen(): Promise<void> {
    const path = this.#folder.within(this.#record.socket)
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(path, resolve)
    })
    chmodSync(path, 0o600)
  }

  #accept(socket: Socket): void {
    // Whoever found it just before looks for another one.
    if (this.#isClosing) return void socket.destroy()
    clearTimeout(this.#idleTimer)
    const client = new ServedClient(socket, {
      token: this.#record.token,
      sandbox: () => this.#open(),
      status: () => this.#status(),
      setIdle: (idleMs) => (this.#idleMs = idleMs),
      stop: (force) => this.#stop(force),
      onExecution: (change) => {
        this.#underWay += change
        if (change === 1) this.#executions++
      },
    })
    this.#clients.add(client)
    socket.once('close', () => {
      this.#clients.delete(client)
      this.#awaitNextClient()
    })
  }

  #awaitNextClient(): void {
    clearTimeout(this.#idleTimer)
    if (this.#clients.size > 0 || this.#isEnding) return
    const waitMs = this.#hasFailed ? Math.min(FAILED_IDLE_MS, this.#idleMs) : this.#idleMs
    this.#idleTimer = setTimeout(() => this.#end(false), waitMs)
  }

  /** Of two that were started at the same time the later one has replaced the record: the earlier one gives way here. */
  #look(): void {
    try {
      if (statSync(this.#folder.within('.')).nlink === 0) return this.#end(true)
      const { key } = this.#options.settings
      const inCharge = readRecord(this.#folder, key)
      if (inCharge === null) publishRecord(this.#folder, key, this.#record, { onlyIfMissing: true })
      else if (inCharge.identity !== this.#record.identity) this.#end(false)
    } catch {
      // The folder is gone or cannot be read: nobody could find this daemon any more.
      this.#end(true)
    }
  }

  #status(): DaemonStatus {
    return {
      executions: this.#executions,
      underWay: this.#underWay,
      clients: this.#clients.size,
      idleMs: this.#idleMs,
      uptimeMs: Math.round(performance.now() - this.#startedAt),
      residentBytes: process.memoryUsage.rss(),
    }
  }

  /** One that is ending already may be told to end what it waits for. */
  #stop(force: boolean): void {
    if (this.#isEnding && force) this.#endWork()
    this.#end(force)
  }

  #endWork(): void {
    for (const client of this.#clients) client.cancelAll()
    // Nothing that hangs may keep it: the kernel ends all that it has started with it, and the next start clears up.
    this.#lastResort ??= setTimeout(() => process.kill(process.pid, 'SIGKILL'), FORCED_MS).unref()
  }

  async #close(force: boolean): Promise<void> {
    this.#announceEnd()
    if (force) this.#endWork()
    const until = performance.now() + GRACE_MS
    while (
      [...this.#clients].some((client) => client.isBusy) ||
      (this.#clients.size > 0 && performance.now() < until)
    ) {
      await delay(20)
    }
    this.#isClosing = true
    for (const client of this.#clients) client.close()
    const sandbox = await this.#sandbox?.catch(() => null)
    await sandbox?.close()
    this.#server.close()
    clearTimeout(this.#lastResort)
    try {
      removeRecords(this.#folder, this.#record)
    } catch {
      // The folder is gone, and they with it.
    }
  }

  /** Nobody shall find it any more but who asks what is still running, or wants it stopped for good. */
  #announceEnd(): void {
    try {
      beginEnding(this.#folder, this.#options.settings.key, this.#record)
    } catch {
      // The folder is gone, or its disk is full: it ends all the same.
      removeRecord(this.#folder, this.#options.settings.key, this.#record.identity)
    }
  }
}
