import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Limits } from '../../../contracts/limits.ts'
import type { Execution, ExecutionResult, Guarantees, Sandbox } from '../../../contracts/sandbox.ts'
import { inputEntries, type FileEntry } from '../../relay/file-entries.ts'
import { runThroughRelay } from '../../relay/run-through-relay.ts'
import type { WarmPool } from '../../relay/warm-pool.ts'
import { checkExecution, resolveLimits } from '../../resolve-execution.ts'
import { explainCloudFailure, isLost } from './cloud-failure.ts'
import type { CloudSlot } from './cloud-slot.ts'

/** An execution that has not begun looks for another cloud sandbox so often. */
const ATTEMPTS = 3

export interface E2bSandboxParts {
  pool: WarmPool<CloudSlot>
  /** The sandbox's private folder on the host, for artifacts that nobody gave a place. */
  folder: string
  guarantees: Guarantees
}

/** The `e2b` backend: a jailed process in a cloud sandbox, warm before it is needed, used once. */
export class E2bSandbox implements Sandbox {
  readonly guarantees: Guarantees
  readonly #parts: E2bSandboxParts
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | null = null

  constructor(parts: E2bSandboxParts) {
    this.#parts = parts
    this.guarantees = parts.guarantees
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const limits = resolveLimits(execution.limits)
    checkExecution(execution, { hostFunctions: true })
    if (execution.signal?.aborted) throw cancelled()
    const running = this.#execute(execution, limits)
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  async #execute(execution: Execution, limits: Limits): Promise<ExecutionResult> {
    const askedAt = performance.now()
    const inputs = await inputEntries(execution.inputs ?? [])
    const slot = await this.#prepare(execution, limits, inputs)
    try {
      if (execution.signal?.aborted || this.#closing.signal.aborted) throw cancelled()
      const target = execution.artifactsFolder ?? (await mkdtemp(join(this.#parts.folder, 'execution-')))
      const startupMs = performance.now() - askedAt
      const closing = this.#closing.signal
      const outcome = await runThroughRelay({ guest: slot, execution, limits, target, closing })
      const { verdict, value, collected, wallMs, cpuMs, peakMemoryBytes } = outcome
      return {
        status: verdict.status,
        ...(value === undefined ? {} : { value }),
        stdout: outcome.stdout.toText(),
        stderr: outcome.stderr.toText(),
        ...(verdict.error === undefined ? {} : { error: verdict.error }),
        exitCode: verdict.exitCode,
        signal: verdict.signal,
        artifacts: collected.artifacts,
        droppedArtifacts: collected.dropped,
        usage: { wallMs, cpuMs, peakMemoryBytes, startupMs },
        limits,
        guarantees: this.guarantees,
      }
    } finally {
      this.#parts.pool.release(slot)
    }
  }

  /** A slot with the inputs in place. Nothing of the execution has begun: one that is lost meanwhile is replaced. */
  async #prepare(execution: Execution, limits: Limits, inputs: readonly FileEntry[]): Promise<CloudSlot> {
    const { pool } = this.#parts
    const signals = [this.#closing.signal, ...(execution.signal === undefined ? [] : [execution.signal])]
    const given = AbortSignal.any(signals)
    for (let attempt = 1; ; attempt++) {
      const slot = await this.#acquire(execution, limits, given)
      try {
        await slot.prepare(limits, inputs, given)
        return slot
      } catch (error) {
        pool.release(slot)
        if (given.aborted) throw cancelled()
        const isReplaced = isLost(error) || (HandaxeError.isInstance(error) && error.code === 'sandbox_broken')
        if (!isReplaced || attempt === ATTEMPTS) throw explainCloudFailure('take an execution', error)
      }
    }
  }

  /** Does not wait on for a caller who has given up: the slot that comes later goes back at once. */
  async #acquire({ language }: Execution, limits: Limits, given: AbortSignal): Promise<CloudSlot> {
    const { pool } = this.#parts
    const acquiring = pool.acquire(language === 'python' ? 'python' : 'javascript', limits)
    const up = Promise.withResolvers<null>()
    const onAbort = () => up.resolve(null)
    given.addEventListener('abort', onAbort, { once: true })
    const slot = await Promise.race([acquiring, up.promise]).finally(() => given.removeEventListener('abort', onAbort))
    if (slot !== null) return slot
    void acquiring.then(
      (late) => pool.release(late),
      () => {},
    )
    throw cancelled()
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    const { pool, folder } = this.#parts
    pool.refuse()
    await Promise.allSettled(this.#underWay)
    try {
      await pool.close()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

function cancelled(): HandaxeError {
  return new HandaxeError('cancelled', 'The execution was cancelled before it started')
}
