import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Execution, ExecutionResult, Guarantees, Sandbox } from '../../contracts/sandbox.ts'
import type { DaemonConnection } from './daemon-connection.ts'
import { fromPortableError, toPortable } from './portable-execution.ts'
import type { DaemonReply } from './protocol.ts'

/** How long the daemon has, after a cancellation, to tell what came of the execution. */
const CANCEL_MS = 700

interface UnderWay {
  execution: Execution
  resolve(result: ExecutionResult): void
  reject(error: Error): void
  cancelTimer?: NodeJS.Timeout
}

/**
 * A sandbox that another process has open. What was handed over is never handed over again: where the daemon goes away,
 * the execution rejects with `sandbox_broken`, since nobody knows how far it came.
 */
export class DaemonSandbox implements Sandbox {
  readonly guarantees: Guarantees
  readonly #connection: DaemonConnection
  readonly #stateFolder: string
  readonly #underWay = new Map<number, UnderWay>()
  readonly #running = new Set<Promise<unknown>>()
  readonly #ownFolders: string[] = []
  #nextId = 1
  #isGone = false
  #isClosed = false

  /** `stateFolder`: where artifacts lie that nobody asked for, until `close()`. */
  constructor(connection: DaemonConnection, guarantees: Guarantees, stateFolder: string) {
    this.guarantees = guarantees
    this.#connection = connection
    this.#stateFolder = stateFolder
    connection.onReply = (reply) => this.#onReply(reply)
    connection.onEnd = () => this.#onEnd()
    connection.hold(false)
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const running = this.#execute(execution)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #execute(execution: Execution): Promise<ExecutionResult> {
    const { signal, onOutput } = execution
    const portable = await toPortable(execution, execution.artifactsFolder ?? (await this.#makeFolder()))
    if (signal?.aborted) throw new HandaxeError('cancelled', 'The execution was cancelled before it started')
    if (this.#isClosed || this.#isGone) throw broken('is not connected any more', 'Execute it again')
    const id = this.#nextId++
    const cancel = (): void => this.#cancel(id)
    signal?.addEventListener('abort', cancel, { once: true })
    this.#connection.hold(true)
    try {
      return await new Promise<ExecutionResult>((resolve, reject) => {
        this.#underWay.set(id, { execution, resolve, reject })
        this.#connection.send({ type: 'execute', id, execution: portable, streams: onOutput !== undefined })
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
      clearTimeout(this.#underWay.get(id)?.cancelTimer)
      this.#underWay.delete(id)
      if (this.#underWay.size === 0) this.#connection.hold(false)
    }
  }

  /** What is under way ends as `killed`, as with any other sandbox. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const id of this.#underWay.keys()) this.#cancel(id)
    await Promise.allSettled(this.#running)
    this.#connection.close()
    for (const folder of this.#ownFolders.splice(0)) await rm(folder, { recursive: true, force: true })
  }

  async #makeFolder(): Promise<string> {
    await mkdir(this.#stateFolder, { recursive: true, mode: 0o700 })
    const folder = await mkdtemp(join(this.#stateFolder, 'artifacts-'))
    this.#ownFolders.push(folder)
    return folder
  }

  #cancel(id: number): void {
    const underWay = this.#underWay.get(id)
    if (underWay === undefined) return
    this.#connection.send({ type: 'cancel', id })
    underWay.cancelTimer = setTimeout(() => {
      underWay.reject(
        new HandaxeError('cancelled', 'The execution was cancelled; the daemon has not confirmed its end'),
      )
    }, CANCEL_MS)
  }

  #onReply(reply: DaemonReply): void {
    if (!('id' in reply)) return
    const underWay = this.#underWay.get(reply.id)
    if (underWay === undefined) return
    if (reply.type === 'result') underWay.resolve(reply.result)
    else if (reply.type === 'error') underWay.reject(fromPortableError(reply.error))
    else {
      try {
        underWay.execution.onOutput?.(reply.stream, reply.text)
      } catch (error) {
        this.#connection.send({ type: 'cancel', id: reply.id })
        underWay.reject(error as Error)
      }
    }
  }

  #onEnd(): void {
    this.#isGone = true
    for (const { reject } of this.#underWay.values()) {
      reject(broken('ended in the middle of the execution', 'Execute it again if doing it twice does no harm'))
    }
  }
}

function broken(what: string, hint: string): HandaxeError {
  return new HandaxeError('sandbox_broken', `The sandbox daemon ${what}`, { hint })
}
