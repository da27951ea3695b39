import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Limits } from '../../../contracts/limits.ts'
import type { Execution, ExecutionResult, Guarantees, Sandbox } from '../../../contracts/sandbox.ts'
import { runThroughRelay } from '../../relay/run-through-relay.ts'
import type { WarmPool } from '../../relay/warm-pool.ts'
import { checkExecution, resolveLimits } from '../../resolve-execution.ts'
import type { ContainerFactory } from './container-factory.ts'
import type { Container } from './container.ts'
import type { EngineClient } from './engine-client.ts'
import { EngineError, engineUnavailable } from './engine-failure.ts'
import { inputEntries } from '../../relay/file-entries.ts'
import { fillVolume } from './volumes.ts'

export interface DockerSandboxParts {
  engine: EngineClient
  factory: ContainerFactory
  pool: WarmPool<Container>
  /** The sandbox's private folder on the host, for artifacts that nobody gave a place. */
  folder: string
  guarantees: Guarantees
}

/** The `docker` backend: a hardened container that is warm before it is needed, used once and removed. */
export class DockerSandbox implements Sandbox {
  readonly guarantees: Guarantees
  readonly #parts: DockerSandboxParts
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | null = null

  constructor(parts: DockerSandboxParts) {
    this.#parts = parts
    this.guarantees = parts.guarantees
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const limits = resolveLimits(execution.limits)
    checkExecution(execution, { hostFunctions: true })
    if (execution.signal?.aborted) throw cancelled()
    const running = this.#execute(execution, limits).catch((error: unknown) => {
      throw this.#explain(error)
    })
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
    const container = await this.#acquire(execution, limits)
    try {
      if (inputs.length > 0) await fillVolume(this.#parts.factory.inputFilling(container), inputs)
      if (execution.signal?.aborted || this.#closing.signal.aborted) throw cancelled()
      const target = execution.artifactsFolder ?? (await mkdtemp(join(this.#parts.folder, 'execution-')))
      const startupMs = performance.now() - askedAt
      const outcome = await runThroughRelay({
        guest: container,
        execution,
        limits,
        target,
        closing: this.#closing.signal,
      })
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
      this.#parts.pool.release(container)
    }
  }

  /** Does not wait on for a caller who has given up: the container that comes later goes back at once. */
  async #acquire({ language, signal }: Execution, limits: Limits): Promise<Container> {
    const { pool } = this.#parts
    const acquiring = pool.acquire(language === 'python' ? 'python' : 'javascript', limits)
    if (signal === undefined) return acquiring
    const given = Promise.withResolvers<null>()
    const onAbort = () => given.resolve(null)
    signal.addEventListener('abort', onAbort, { once: true })
    const container = await Promise.race([acquiring, given.promise])
    signal.removeEventListener('abort', onAbort)
    if (container !== null) return container
    void acquiring.then(
      (late) => pool.release(late),
      () => {},
    )
    throw cancelled()
  }

  /** What is neither the caller's nor ours is the engine's. */
  #explain(error: unknown): unknown {
    const isEngines = error instanceof EngineError
    return isEngines ? engineUnavailable(this.#parts.engine.name, error) : error
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    const { pool, engine, folder } = this.#parts
    pool.refuse()
    await Promise.allSettled(this.#underWay)
    await pool.close()
    engine.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function cancelled(): HandaxeError {
  return new HandaxeError('cancelled', 'The execution was cancelled before it started')
}
