import { Readable } from 'node:stream'
import type { CommandHandle } from 'e2b'
import { HandaxeError } from '../../../contracts/errors.ts'
import { GUEST_ENVIRONMENT, TABLE_MODULES } from '../../guest-surroundings.ts'
import { guestEntries, type FileEntry } from '../../relay/file-entries.ts'
import { packTar } from '../../relay/tar.ts'
import type { CloudClient, CloudSandbox } from './cloud-client.ts'
import { explainCloudFailure, isLost } from './cloud-failure.ts'
import { retry } from './retry.ts'
import { parseSessionReport, type SessionFacts } from './slot-messages.ts'

const GUEST = '/opt/guest'
const FILES = '/var/lib/handaxe'
/** Of the template's own Python, without what somebody has put beside it. */
const PYTHON = 'exec python3 -I -S -B'
const SESSION_TIMEOUT_MS = 60_000
/** E2B ends every sandbox after an hour on its smallest plan, however often its life is extended. */
const LONGEST_USE_MS = 45 * 60_000
const LINE_LIMIT = 64 * 1024
const STDERR_LIMIT = 4 * 1024

/** What `commands.run` is told whatever is run: as root, until it ends, with nothing of ours but what is named. */
const RUN = { background: true, stdin: true, user: 'root', cwd: '/', timeoutMs: 0 } as const

/** One cloud sandbox with our session in it, from its creation to its end. */
export class Machine {
  readonly facts: SessionFacts
  /** Nobody reaches it any more, or nobody should: another one has to take its place. */
  isOver = false
  readonly #client: CloudClient
  readonly #sandbox: CloudSandbox
  readonly #retireAt: number
  #expiresAt: number
  #extending: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  private constructor(client: CloudClient, sandbox: CloudSandbox, createdAt: number, session: RunningSession) {
    this.#client = client
    this.#sandbox = sandbox
    this.facts = session.facts
    this.#expiresAt = createdAt + client.settings.timeToLiveMs
    this.#retireAt = createdAt + LONGEST_USE_MS
    void session.ended.then(() => (this.isOver = true))
  }

  /** Creates it, uploads the guest programs, starts the session. Rejects with `sandbox_unavailable`; nothing is left then. */
  static async start(client: CloudClient, metadata: Record<string, string>): Promise<Machine> {
    // Before the request: its life begins later than that.
    const createdAt = performance.now()
    const sandbox = await client.create(metadata)
    try {
      const entries = await guestEntries(['python', 'javascript', 'network', 'cloud'])
      const files = entries.map(({ name, content }) => ({ path: `${GUEST}/${name}`, data: content.toString('utf8') }))
      await sandbox.files.write(files, { user: 'root' })
      const session = await startSession(sandbox)
      checkFacts(session.facts, client.settings.template)
      return new Machine(client, sandbox, createdAt, session)
    } catch (error) {
      // What cannot be ended now ends with its time to live.
      await client.kill(sandbox.sandboxId).catch(() => {})
      throw explainCloudFailure('make a sandbox ready', error)
    }
  }

  get id(): string {
    return this.#sandbox.sandboxId
  }

  get isUsable(): boolean {
    const now = performance.now()
    return !this.isOver && now < this.#retireAt && now < this.#expiresAt
  }

  /** Sees to it that it lives for so long from now on. Rejects where it is gone or cannot: it is over then. */
  keepAlive(milliseconds: number): Promise<void> {
    // One after the other: a shorter life asked for at the same time must not replace a longer one.
    const extending = this.#extending.then(() => this.#keepAlive(milliseconds))
    this.#extending = extending.catch(() => {})
    return extending
  }

  async #keepAlive(milliseconds: number): Promise<void> {
    const askedAt = performance.now()
    if (!this.isOver && askedAt + milliseconds <= this.#expiresAt) return
    const life = Math.max(this.#client.settings.timeToLiveMs, milliseconds)
    try {
      if (this.isOver) throw new HandaxeError('sandbox_broken', 'The cloud sandbox has ended')
      await this.#client.extend(this.#sandbox, life)
      this.#expiresAt = askedAt + life
    } catch (error) {
      this.isOver = true
      throw error
    }
  }

  /** Starts the relay of a slot. Rejects with the SDK's error. */
  attach(order: object, onText: { stdout(text: string): void; stderr(text: string): void }): Promise<CommandHandle> {
    return this.#sandbox.commands.run(`${PYTHON} ${GUEST}/cloud/attach.py`, {
      ...RUN,
      envs: { HANDAXE_SLOT: JSON.stringify(order) },
      onStdout: onText.stdout,
      onStderr: onText.stderr,
    })
  }

  /** A folder for the files of one slot. */
  filesOf(slot: string): string {
    return `${FILES}/${slot}`
  }

  /** The entries as the archive `path`, in one stream. */
  async upload(path: string, entries: readonly FileEntry[], signal: AbortSignal): Promise<void> {
    let own: unknown
    const archive = packTar(entries).on('error', (error) => (own = error))
    try {
      const data: ReadableStream = Readable.toWeb(archive)
      await this.#sandbox.files.write(path, data, { user: 'root', signal })
    } catch (error) {
      // The SDK tells of a file that could not be read as of a request that failed.
      throw own ?? error
    } finally {
      archive.destroy()
    }
  }

  /** The file as it is now. Rejects with the SDK's error. */
  download(path: string, idleTimeoutMs: number): Promise<ReadableStream<Uint8Array>> {
    const options = { format: 'stream', user: 'root', streamIdleTimeoutMs: idleTimeoutMs } as const
    // The SDK tells of a gateway that failed once as of a sandbox that is gone.
    return retry(
      (error) => !this.isOver && isLost(error),
      () => this.#sandbox.files.read(path, options),
    )
  }

  async remove(folder: string): Promise<void> {
    await this.#sandbox.files.remove(folder, { user: 'root' })
  }

  /** Ends it, with everything that runs in it. Rejects where E2B does not confirm that. */
  close(): Promise<void> {
    this.isOver = true
    this.#closing ??= this.#client.kill(this.id)
    return this.#closing
  }
}

interface RunningSession {
  facts: SessionFacts
  /** Settles when it has ended, or can be heard no more. */
  ended: Promise<unknown>
}

async function startSession(sandbox: CloudSandbox): Promise<RunningSession> {
  let output = ''
  let complaint = ''
  let resolveUp: (facts: SessionFacts) => void = () => {}
  let rejectUp: (error: Error) => void = () => {}
  const up = new Promise<SessionFacts>((resolve, reject) => {
    resolveUp = resolve
    rejectUp = reject
  })
  up.catch(() => {})
  const onStdout = (text: string) => {
    output = (output + text).slice(-LINE_LIMIT)
    const end = output.indexOf('\n')
    if (end === -1) return
    try {
      const report = parseSessionReport(output.slice(0, end))
      output = output.slice(end + 1)
      if (report.event === 'up') resolveUp(report)
      // It ends with that, and has said on stderr why.
      else complaint = `${report.message}\n${complaint}`
    } catch (error) {
      rejectUp(error as Error)
    }
  }
  const onStderr = (text: string) => void (complaint = (complaint + text).slice(-STDERR_LIMIT))
  const handle = await sandbox.commands.run(`${PYTHON} ${GUEST}/cloud/session.py`, { ...RUN, onStdout, onStderr })
  const ended = handle.wait().catch((error: unknown) => error)
  void ended.then((error) => rejectUp(new Error(complaint.trim() || String(error))))
  const timer = setTimeout(() => rejectUp(new Error(`not ready after ${SESSION_TIMEOUT_MS} ms`)), SESSION_TIMEOUT_MS)
  try {
    await handle.sendStdin(`${JSON.stringify({ modules: TABLE_MODULES, environment: GUEST_ENVIRONMENT })}\n`)
    return { facts: await up, ended }
  } catch (error) {
    const { message } = error as Error
    throw new HandaxeError('sandbox_unavailable', `The cloud sandbox did not get ready: ${message}`, {
      hint: 'The template needs python3 (3.10 or newer) and a kernel with user namespaces: see docs/sandbox.md',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

function checkFacts({ python, threads }: SessionFacts, template: string): void {
  const [major = 0, minor = 0] = python.split('.').map(Number)
  if (major !== 3 || minor < 10) {
    throw new HandaxeError('sandbox_unavailable', `Python ${python} of the template ${template} is too old`, {
      hint: 'Use a template with python3 3.10 or newer: docker/Dockerfile makes one',
    })
  }
  if (threads !== 1) {
    const message = `A package of the template ${template} started ${threads - 1} threads when imported`
    throw new HandaxeError('sandbox_unavailable', message, { hint: 'Use the template that docker/Dockerfile makes' })
  }
}
