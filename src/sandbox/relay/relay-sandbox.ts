import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Limits } from '../../contracts/limits.ts'
import type { Execution, ExecutionLanguage, ExecutionResult, Guarantees, Sandbox } from '../../contracts/sandbox.ts'
import { checkExecution, resolveLimits } from '../resolve-execution.ts'
import { inputEntries, type FileEntry } from './file-entries.ts'
import type { Environment } from '../../contracts/environment.ts'
import type { EgressSettings } from '../egress/execution-proxy.ts'
import type { OwnParts, RelayedGuest } from './relayed-guest.ts'
import { openRelayedNetwork } from './relayed-network.ts'
import { runThroughRelay } from './run-through-relay.ts'
import type { PooledGuest, WarmPool } from './warm-pool.ts'
import { notStarted } from '../not-started.ts'

/** An execution that has not begun looks for another guest so often. */
const ATTEMPTS = 3

export interface RelaySandboxParts<Guest extends RelayedGuest & PooledGuest> {
  pool: WarmPool<Guest>
  /** The sandbox's private folder on the host, for artifacts that nobody gave a place. */
  folder: string
  guarantees: Guarantees
  /** Of the executions' networks. Absent: there are none. */
  egress?: EgressSettings
  /** Finds package environments that fit. Absent: there are none. */
  environments?: { find(name: string, language: ExecutionLanguage): Promise<Environment> }
  /** Brings the inputs to the guest, before anything of the execution begins. */
  prepare(guest: Guest, limits: Limits, inputs: FileEntry[], signal: AbortSignal): Promise<void>
  /** Whether another guest may succeed where preparing this one failed. */
  isReplaced(error: unknown): boolean
  /** What the caller is told of it. */
  explain(error: unknown): unknown
  /** When all else is closed. */
  close(): void
}

/** A sandbox whose guests are warm before they are needed, used once and reached through relays. */
export class RelaySandbox<Guest extends RelayedGuest & PooledGuest> implements Sandbox {
  readonly guarantees: Guarantees
  readonly #parts: RelaySandboxParts<Guest>
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | null = null

  constructor(parts: RelaySandboxParts<Guest>) {
    this.#parts = parts
    this.guarantees = parts.guarantees
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const limits = resolveLimits(execution.limits)
    checkExecution(execution, {
      hostFunctions: true,
      network: this.#parts.egress !== undefined,
      environments: this.#parts.environments !== undefined,
    })
    if (execution.signal?.aborted) throw notStarted(execution.signal)
    const running = this.#execute(execution, limits).catch((error: unknown) => {
      throw this.#parts.explain(error)
    })
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  async #execute(execution: Execution, limits: Limits): Promise<ExecutionResult> {
    const { network: policy } = execution
    const environment = await this.#findEnvironment(execution)
    if (policy?.mode !== 'allow-list') {
      return this.#executeWith(execution, limits, environment && { network: null, environment })
    }
    const network = await openRelayedNetwork(policy, this.#parts.folder, this.#parts.egress ?? {})
    try {
      const result = await this.#executeWith(execution, limits, { network, environment })
      const guarantees = { ...this.guarantees, network: 'allow-list' as const }
      return { ...result, network: await network.close(), guarantees }
    } finally {
      await network.close()
    }
  }

  async #findEnvironment({ environment: name, language }: Execution): Promise<Environment | null> {
    const { environments } = this.#parts
    return name === undefined || environments === undefined ? null : environments.find(name, language)
  }

  async #executeWith(execution: Execution, limits: Limits, own: OwnParts | null): Promise<ExecutionResult> {
    const askedAt = performance.now()
    const inputs = await inputEntries(execution.inputs ?? [])
    const guest = await this.#prepare(execution, limits, inputs, own)
    try {
      if (execution.signal?.aborted || this.#closing.signal.aborted) throw notStarted(execution.signal)
      const target = execution.artifactsFolder ?? (await mkdtemp(join(this.#parts.folder, 'execution-')))
      const startupMs = performance.now() - askedAt
      const outcome = await runThroughRelay({ guest, execution, limits, target, closing: this.#closing.signal })
      const { verdict, claimed, collected, wallMs, cpuMs, peakMemoryBytes } = outcome
      return {
        status: verdict.status,
        ...claimed,
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
      this.#parts.pool.release(guest)
    }
  }

  /** A guest with the inputs in place. Nothing of the execution has begun: one that is lost meanwhile is replaced. */
  async #prepare(execution: Execution, limits: Limits, inputs: FileEntry[], own: OwnParts | null): Promise<Guest> {
    const signals = execution.signal === undefined ? [] : [execution.signal]
    const given = AbortSignal.any([this.#closing.signal, ...signals])
    for (let attempt = 1; ; attempt++) {
      const guest = await this.#acquire(execution, limits, own, given)
      try {
        await this.#parts.prepare(guest, limits, inputs, given)
        return guest
      } catch (error) {
        this.#parts.pool.release(guest)
        if (given.aborted) throw notStarted(execution.signal)
        if (!this.#parts.isReplaced(error) || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** Does not wait on for a caller who has given up: the guest that comes later goes back at once. */
  async #acquire(
    { language, signal }: Execution,
    limits: Limits,
    own: OwnParts | null,
    given: AbortSignal,
  ): Promise<Guest> {
    const { pool } = this.#parts
    const acquiring = pool.acquire(language === 'python' ? 'python' : 'javascript', limits, own)
    const up = Promise.withResolvers<null>()
    const onAbort = () => up.resolve(null)
    given.addEventListener('abort', onAbort, { once: true })
    const guest = await Promise.race([acquiring, up.promise]).finally(() => given.removeEventListener('abort', onAbort))
    if (guest !== null) return guest
    void acquiring.then(
      (late) => pool.release(late),
      () => {},
    )
    throw notStarted(signal)
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
      this.#parts.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}
