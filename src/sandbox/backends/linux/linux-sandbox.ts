import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Limits } from '../../../contracts/limits.ts'
import type { Execution, ExecutionResult, Guarantees, Sandbox } from '../../../contracts/sandbox.ts'
import { collectArtifacts, type Collected } from '../../collect-artifacts.ts'
import { checkExecution, resolveLimits } from '../../resolve-execution.ts'
import type { EnvironmentFinder } from '../../environments/environment-finder.ts'
import type { CgroupTier } from './cgroup-tier.ts'
import type { Lease } from './generations.ts'
import type { Line, OwnSlot, SlotPool } from './pool.ts'
import { runInSlot, type SlotOutcome } from './run-in-slot.ts'
import { planNetwork, type EgressSettings } from '../../egress/execution-proxy.ts'
import { openSlotProxy, type SlotProxy } from './slot-proxy.ts'
import { stageInputs } from './stage-inputs.ts'
import { notStarted } from '../../not-started.ts'

const SCIENCE = /^\s*(?:from|import)\s+(?:matplotlib|scipy|seaborn|statsmodels|sklearn)\b/m
const NOTHING_COLLECTED: Collected = { artifacts: [], dropped: [] }

export interface LinuxSandboxParts {
  pool: SlotPool
  cgroups: CgroupTier | null
  /** That the code runs as on the host. */
  userId: number
  /** The sandbox's private folder on the host. */
  folder: string
  guarantees: Guarantees
  egress: EgressSettings
  environments: EnvironmentFinder
}

/** The `linux` backend: a warm Python in namespaces of its own, forked and jailed for every execution. */
export class LinuxSandbox implements Sandbox {
  readonly guarantees: Guarantees
  readonly #parts: LinuxSandboxParts
  readonly #closing = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  #closed: Promise<void> | null = null

  constructor(parts: LinuxSandboxParts) {
    this.#parts = parts
    this.guarantees = parts.guarantees
  }

  async execute(execution: Execution): Promise<ExecutionResult> {
    const limits = resolveLimits(execution.limits)
    checkExecution(execution, { hostFunctions: true, network: true, environments: true })
    if (execution.signal?.aborted) throw notStarted(execution.signal)
    const running = holdingEventLoop(this.#execute(execution, limits))
    this.#underWay.add(running)
    try {
      return await running
    } finally {
      this.#underWay.delete(running)
    }
  }

  async #execute(execution: Execution, limits: Limits): Promise<ExecutionResult> {
    const askedAt = performance.now()
    const { network } = execution
    const plan = network?.mode === 'allow-list' ? planNetwork(network) : null
    const packages =
      execution.environment === undefined
        ? null
        : await this.#parts.environments.find(execution.environment, execution.language)
    const own = plan === null && packages === null ? null : { network: plan?.inside ?? null, environment: packages }
    const line = chooseLine(execution)
    const idle = own === null ? this.#parts.pool.acquireNow(line, limits) : null
    const lease = idle ?? (await this.#acquire(line, limits, execution.signal, own))
    let proxy: SlotProxy | null = null
    try {
      if (plan !== null) {
        proxy = await openSlotProxy(plan, lease.factory.networkFolder(lease.slot.id), this.#parts.egress)
      }
      const inputs = execution.inputs ?? []
      if (inputs.length > 0) {
        await stageInputs(inputs, lease.factory.inputFolder(lease.slot), this.#parts.userId)
        await lease.factory.showInputs(lease.slot)
      }
      if (execution.signal?.aborted || this.#closing.signal.aborted) throw notStarted(execution.signal)
      if (limits.memoryBytes !== lease.slot.limits.memoryBytes) lease.slot.group?.setMemory(limits.memoryBytes)
      const startupMs = performance.now() - askedAt
      const outcome = await runInSlot({
        slot: lease.slot,
        execution,
        limits,
        kill: () => lease.factory.kill(lease.slot),
        closing: this.#closing.signal,
      })
      if (outcome.lost !== null) throw lostExecution(outcome.lost)
      const collected = outcome.outputs === 0 ? NOTHING_COLLECTED : await this.#collect(lease, execution, limits)
      const result = this.#toResult(outcome, collected, startupMs, limits)
      if (proxy === null) return result
      const guarantees = { ...this.guarantees, network: 'allow-list' as const }
      return { ...result, network: await proxy.close(), guarantees }
    } finally {
      this.#parts.pool.release(lease)
      await proxy?.close()
    }
  }

  /** Does not wait on for a caller who has given up: the lease that comes later goes back at once. */
  async #acquire(line: Line, limits: Limits, signal: AbortSignal | undefined, own: OwnSlot | null): Promise<Lease> {
    const acquiring = this.#parts.pool.acquire(line, limits, own)
    if (signal === undefined) return acquiring
    let onAbort = () => {}
    const aborted = new Promise<null>((resolve) => {
      onAbort = () => resolve(null)
      signal.addEventListener('abort', onAbort, { once: true })
    })
    const lease = await Promise.race([acquiring, aborted])
    signal.removeEventListener('abort', onAbort)
    if (lease !== null) return lease
    void acquiring.then(
      (late) => this.#parts.pool.release(late),
      () => {},
    )
    throw notStarted(signal)
  }

  /** Only when no process is left that could change the files. */
  async #collect({ slot, factory }: Lease, execution: Execution, limits: Limits): Promise<Collected> {
    factory.kill(slot)
    await slot.died
    const source = `/proc/${factory.zygote.processId}/root/outputs/${slot.id}`
    const target = execution.artifactsFolder ?? (await mkdtemp(join(this.#parts.folder, 'artifacts', 'execution-')))
    return collectArtifacts({ source, target, limits })
  }

  #toResult(outcome: SlotOutcome, collected: Collected, startupMs: number, limits: Limits): ExecutionResult {
    const { verdict, claimed, stdout, stderr, wallMs, cpuMs, peakMemoryBytes } = outcome
    return {
      status: verdict.status,
      ...claimed,
      stdout,
      stderr,
      ...(verdict.error === undefined ? {} : { error: verdict.error }),
      exitCode: verdict.exitCode,
      signal: verdict.signal,
      artifacts: collected.artifacts,
      droppedArtifacts: collected.dropped,
      usage: { wallMs, cpuMs, peakMemoryBytes, startupMs },
      limits,
      guarantees: this.guarantees,
    }
  }

  close(): Promise<void> {
    this.#closed ??= holdingEventLoop(this.#close())
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    const { pool, cgroups, folder } = this.#parts
    pool.refuse()
    await Promise.allSettled(this.#underWay)
    await pool.close()
    await cgroups?.remove()
    await rm(folder, { recursive: true, force: true })
  }
}

function lostExecution(how: 'broken' | 'not-ended'): HandaxeError {
  if (how === 'broken') {
    return new HandaxeError('sandbox_broken', 'The sandbox was ended from outside', { hint: 'Execute it again' })
  }
  return new HandaxeError('sandbox_broken', 'The execution was ended, and its end has not been reported in time', {
    hint: 'The machine is very busy, or its kernel is stuck: run `handaxe doctor`',
  })
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * An open sandbox does not keep a program from ending, so its handles are unreferenced. Between the last of an
 * execution's connections and the zygote's report there may be none that counts: what is awaited has to hold the loop.
 */
async function holdingEventLoop<Value>(work: Promise<Value>): Promise<Value> {
  const hold = setInterval(() => undefined, LONGEST_TIMER_MS)
  try {
    return await work
  } finally {
    clearInterval(hold)
  }
}

/** Only a guess for the sake of speed: each kind of slot can execute every program of its language. */
function chooseLine({ language, code, tools }: Execution): Line {
  if (language !== 'python') return 'javascript'
  const sources = [code, ...(tools ?? []).map((tool) => tool.code)]
  return sources.some((source) => SCIENCE.test(source)) ? 'science' : 'python'
}
