import { HandaxeError } from '../../contracts/errors.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { boundSandbox } from '../bound-sandbox.ts'
import { eachLimited } from '../each-limited.ts'
import { WORLDS } from '../determinism/worlds.ts'
import { SpendingSpent } from '../../domain/failures/spending-limit.ts'
import { bindTestFiles } from '../../domain/tests/test-files.ts'
import { observeTogether } from '../observation/observe-calls.ts'
import type { JudgeOutcome } from '../observation/outcome.ts'
import type { TestResult } from '../../domain/admission/report.ts'
import type { RunTests, ToolUnderTest } from '../subject.ts'
import { createMutants, type MutantRequest } from './create-mutants.ts'
import type { Mutant } from './mutant.ts'

/** Sandboxes at a time; steps and runs beside it want some too. */
const CONCURRENT_MUTANTS = 4
/** A mutant that takes this many times as long as the slowest test of the tool hangs. */
const PATIENCE = 10
/** CPU time is the mutant's own, whatever else the machine does; wall time also counts the others. */
const LEAST_CPU_MS = 1000
const LEAST_WALL_MS = 5000
/** All mutants together. */
const DEFAULT_WALL_MS = 60_000

export interface MutationCheck {
  /** Mutants that were judged. */
  total: number
  killed: number
  survived: Mutant[]
  /** Killed of all judged, from 0 to 1; null where there was none to judge. */
  share: number | null
  /** Mutants for which there was no time. */
  notJudged: number
  executions: number
  wallMs: number
  /** Why mutants were not judged although there was time; null where that is not so. */
  stopped: string | null
}

export interface MutationCheckOptions extends Pick<MutantRequest, 'seed' | 'limit' | 'signal'> {
  sandbox: Sandbox
  /** Has to pass `tests` as it is. */
  tool: ToolUnderTest
  tests: readonly ToolTest[]
  runTests: RunTests
  /**
   * Judges calls on the host. With it, the calls of all tests are made in one sandbox for each mutant, which costs one
   * execution instead of one a test; only properties have executions of their own.
   */
  judge?: JudgeOutcome
  /** Milliseconds for all mutants together, after which no further one is begun. Default 60,000. */
  wallMs?: number
}

/**
 * Mutation testing (DeMillo, Lipton, Sayward 1978): how many small mistakes in the code do its tests see? Each mutant runs
 * against the tests until one fails, which kills it; so do a hang, a crash and code that does not load. Rejects with
 * `tool_rejected` where the tool itself fails a test or cannot be parsed, and with the signal's reason.
 */
export async function checkMutants(options: MutationCheckOptions): Promise<MutationCheck> {
  const { sandbox, tool, tests, runTests, judge, seed, limit, signal, wallMs = DEFAULT_WALL_MS } = options
  const startedAt = performance.now()
  const plain = boundSandbox(sandbox)
  const run = { sandbox: plain.sandbox, subject: tool, tests, runTests, ...(signal ? { signal } : {}) }
  // Code that keeps something between calls fails together what it passes alone: its tests are then run one by one.
  const together = judge !== undefined && (await killedTogether({ ...run, judge })) === null ? judge : null
  if (together === null && !(await passes(run))) return notJudged(startedAt, plain.executions)
  const { language } = tool.signature
  const mutants = await createMutants(sandbox, {
    language,
    code: tool.code,
    ...(seed === undefined ? {} : { seed }),
    ...(limit === undefined ? {} : { limit }),
    ...(signal ? { signal } : {}),
  })
  if ('problem' in mutants) throw rejection(tool, mutants.problem)
  const bound = boundSandbox(sandbox, {
    cpuMs: Math.max(LEAST_CPU_MS, Math.ceil(PATIENCE * plain.slowest.cpuMs)),
    wallMs: Math.max(LEAST_WALL_MS, Math.ceil(PATIENCE * plain.slowest.wallMs)),
  })
  const survivors = new Set<Mutant>()
  const judged = new Set<Mutant>()
  const ordered = new TestOrder(tests)
  let stopped: string | null = null
  const toStarved = (error: unknown): 'starved' => {
    // What could not be paid for says nothing of the mutant either; those that were judged by then count.
    if (!(error instanceof SpendingSpent)) throw error
    stopped = error.message
    return 'starved'
  }
  await eachLimited(mutants, CONCURRENT_MUTANTS, async (mutant) => {
    signal?.throwIfAborted()
    if (stopped !== null || performance.now() - startedAt > wallMs) return
    const subject = { ...tool, code: mutant.code }
    const inBounds = { ...run, sandbox: bound.sandbox, subject }
    const killer = await (
      together === null
        ? killerAlone({ ...inBounds, tests: ordered.tests() })
        : killedTogether({ ...inBounds, judge: together })
    ).catch(toStarved)
    if (killer === 'starved') return
    judged.add(mutant)
    if (killer === null) survivors.add(mutant)
    else if (killer !== 'ended') ordered.noteKill(killer)
  })
  signal?.throwIfAborted()
  const total = judged.size
  return {
    total,
    killed: total - survivors.size,
    survived: mutants.filter((mutant) => survivors.has(mutant)),
    share: total === 0 ? null : (total - survivors.size) / total,
    notJudged: mutants.length - total,
    executions: plain.executions + bound.executions,
    wallMs: performance.now() - startedAt,
    stopped,
  }
}

interface Run {
  sandbox: Sandbox
  subject: ToolUnderTest
  tests: readonly ToolTest[]
  runTests: RunTests
  signal?: AbortSignal
}

async function firstFailure({ runTests, ...run }: Run): Promise<TestResult | null> {
  const results = await runTests({ ...run, stopAtFailure: true })
  return results.find((result) => result.failure !== null) ?? null
}

/** False where the machine is too busy to tell. */
async function passes(run: Run): Promise<boolean> {
  const failed = await firstFailure(run)
  if (failed === null) return true
  if (failed.undecided) return false
  throw rejection(run.subject, `it fails its own test "${failed.test.name}": ${failed.failure}`)
}

/** What ended a mutant: a test, its process (`ended`), a busy machine (`starved`), which says nothing; null: it lives. */
type Killer = ToolTest | 'ended' | 'starved' | null

async function killerAlone(run: Run): Promise<Killer> {
  const failed = await firstFailure(run)
  return failed?.undecided ? 'starved' : (failed?.test ?? null)
}

async function killedTogether({ judge, ...run }: Run & { judge: JudgeOutcome }): Promise<Killer> {
  const { sandbox, subject, tests, signal } = run
  const called = tests.filter((test) => test.kind !== 'property')
  if (called.length > 0) {
    const common = { sandbox, tool: subject, ...bindTestFiles(called), world: WORLDS.first }
    const observed = await observeTogether({ ...common, ...(signal ? { signal } : {}) })
    if (typeof observed === 'string') return observed
    const failed = called.find((test, index) => {
      const outcome = observed.outcomes[index]
      return outcome !== undefined && outcome.kind !== 'unknown' && judge(test, outcome, subject.signature) !== null
    })
    if (failed !== undefined) return failed
  }
  const properties = tests.filter((test) => test.kind === 'property')
  if (properties.length === 0) return null
  return killerAlone({ ...run, tests: properties })
}

function notJudged(startedAt: number, executions: number): MutationCheck {
  const wallMs = performance.now() - startedAt
  return { total: 0, killed: 0, survived: [], share: null, notJudged: 0, executions, wallMs, stopped: null }
}

function rejection({ signature }: ToolUnderTest, problem: string): HandaxeError {
  return new HandaxeError('tool_rejected', `${signature.name} has no mutants to test with: ${problem}`, {
    hint: 'Make the tool pass its tests first: what mutants show is how good the tests of a right tool are.',
    details: { tool: signature.name },
  })
}

/** The tests that have killed most come first: most mutants then end with one execution. */
class TestOrder {
  readonly #kills: Map<ToolTest, number>

  constructor(tests: readonly ToolTest[]) {
    this.#kills = new Map(tests.map((test) => [test, 0]))
  }

  noteKill(test: ToolTest): void {
    this.#kills.set(test, (this.#kills.get(test) ?? 0) + 1)
  }

  tests(): ToolTest[] {
    return [...this.#kills].sort(([, a], [, b]) => b - a).map(([test]) => test)
  }
}
