import type { JsonObject } from '../contracts/json.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import type { AdmissionCheck, CheckYield, SkipReason } from '../contracts/tool.ts'
import { createYield } from '../domain/admission/check-yields.ts'
import { judgeFinding, type AdmissionPolicy, type Effect, type JudgedFinding } from '../domain/admission/policy.ts'
import type { AdmissionDecision, AdmissionReport } from '../domain/admission/report.ts'
import { steadySandbox } from '../domain/failures/execute-steadily.ts'
import { SpendingSpent, type SpendingLimit } from '../domain/failures/spending-limit.ts'
import { turnstileOf, type Turnstile } from '../domain/failures/turnstile.ts'
import { boundSandbox } from './bound-sandbox.ts'
import type {
  AdmissionFacts,
  AdmissionMeans,
  AdmissionSubject,
  Check,
  CheckContext,
  CheckVerdict,
  MutationBudget,
} from './check.ts'
import { determinismCheck } from './checks/determinism.ts'
import { hardCodedCheck } from './checks/hard-coded.ts'
import { hiddenCharactersCheck } from './checks/hidden-characters.ts'
import { mutationCheck } from './checks/mutation.ts'
import { regressionCheck } from './checks/regression.ts'
import { reviewCheck } from './checks/review.ts'
import { staticCheck } from './checks/static.ts'
import { testQualityCheck } from './checks/test-quality.ts'
import { testsCheck } from './checks/tests.ts'
import { twinsCheck } from './checks/twins.ts'

/** By cost, the cheapest first: the first that refuses ends it, because the others would only say more of what is gone. */
const CHECKS: readonly Check[] = [
  staticCheck,
  hiddenCharactersCheck,
  testsCheck,
  regressionCheck,
  testQualityCheck,
  determinismCheck,
  hardCodedCheck,
  mutationCheck,
  twinsCheck,
  reviewCheck,
]

/** Without the verdict of these nobody knows whether the code does what it should. The others say how good its tests are. */
const DECISIVE: ReadonlySet<AdmissionCheck> = new Set(['tests', 'test-quality', 'determinism'])

export interface AdmissionEvidence {
  /** Checks that were made on this very code and these tests, and passed. */
  passed?: readonly AdmissionCheck[]
  /** What was found about the same code with fewer tests: what the tests do not bear upon is taken over. */
  earlier?: AdmissionReport | null
}

export interface AdmissionOptions {
  policy: AdmissionPolicy
  subject: AdmissionSubject
  means: AdmissionMeans
  /** Where model-written code may run. What a busy machine ended is repeated. */
  sandbox: Sandbox
  /** Of the sandbox under `sandbox`, if that is a view of another one. */
  turnstile?: Turnstile
  /** `spending` is one account, which several rounds may share. */
  budget: { spending: SpendingLimit; mutants: MutationBudget }
  evidence?: AdmissionEvidence
  /** False where the tests were strengthened already. Default true. */
  mayStrengthen?: boolean
  signal?: AbortSignal
}

/**
 * Decides whether a tool may be kept, whoever made it. Rejects where the sandbox cannot execute, with what the reviewer's call
 * rejects with, and with the signal's reason.
 */
export async function runAdmission(options: AdmissionOptions): Promise<AdmissionReport> {
  const { budget, signal, mayStrengthen = true, policy } = options
  const { spending } = budget
  const { sandbox, turnstile = turnstileOf(sandbox) } = options
  const counted = boundSandbox(sandbox)
  const bounded = steadySandbox(spending.bound(counted.sandbox), turnstile)
  const unbounded = steadySandbox(counted.sandbox, turnstile)
  const state = openState(options)
  for (const check of CHECKS) {
    signal?.throwIfAborted()
    const context: CheckContext = {
      sandbox: check.isOwed ? unbounded : bounded,
      subject: options.subject,
      means: options.means,
      remainingExecutions: spending.remainingExecutions,
      mutants: budget.mutants,
      facts: state.facts,
      ...(signal ? { signal } : {}),
    }
    const tally = createYield(check.name)
    state.yields.push(tally)
    const skipped = whySkipped(check, context, { state, evidence: options.evidence })
    if (skipped !== null) {
      tally.skipped[skipped] = 1
      continue
    }
    const before = { executions: counted.executions, at: performance.now() }
    const verdict = await runWithin(check, context)
    const judged = verdict.findings.map((finding) => judgeFinding(finding, policy, { mayStrengthen }))
    record(state, verdict, judged)
    tally.ran = 1
    tally.executions = counted.executions - before.executions
    tally.wallMs = performance.now() - before.at
    if (verdict.stopped) tally.cutShort = 1
    if (state.decision !== 'admit') tally.refused = 1
    else if (judged.length > 0) tally.noted = 1
  }
  return toReport(options, state)
}

interface State {
  decision: AdmissionDecision
  findings: JudgedFinding[]
  facts: AdmissionFacts
  unseen: JsonObject[]
  /** Why no further execution is made; null where there may be more. */
  stopped: string | null
  yields: CheckYield[]
}

/** What does not depend on the tests stays as it was found with fewer of them. */
function openState({ subject, evidence = {} }: AdmissionOptions): State {
  const { passed = [], earlier = null } = evidence
  const facts: AdmissionFacts = {
    testsPassed: passed.includes('tests') ? subject.tests.length : null,
    regression: earlier?.regression ?? null,
    asserting: null,
    restsOnProperties: false,
    observed: null,
    repeatedCalls: earlier?.record.repeatedCalls ?? null,
    mutants: null,
    neighbours: [],
    twin: null,
    review: null,
  }
  return { decision: 'admit', findings: [], facts, unseen: [], stopped: null, yields: [] }
}

/** An earlier round with fewer tests has given their verdict for good. */
const INDEPENDENT_OF_TESTS: ReadonlySet<AdmissionCheck> = new Set(['regression', 'determinism', 'hard-coded'])

function whySkipped(
  check: Check,
  context: CheckContext,
  { state, evidence = {} }: { state: State; evidence: AdmissionEvidence | undefined },
): SkipReason | null {
  if (state.decision !== 'admit') return 'refused-before'
  const { passed = [], earlier = null } = evidence
  if (passed.includes(check.name)) return 'evidence'
  const wasMade = earlier?.record.checks?.some((one) => one.check === check.name && one.ran > 0)
  if (wasMade && INDEPENDENT_OF_TESTS.has(check.name)) return 'evidence'
  const reason = check.skip(context)
  if (reason !== null) return reason
  // A review is no execution: it is made also where nothing is left for these.
  return check.executes && state.stopped !== null ? 'spent' : null
}

/** A check that its budget ended has a verdict, too: that it could not tell. */
async function runWithin(check: Check, context: CheckContext): Promise<CheckVerdict> {
  try {
    return await check.run(context)
  } catch (error) {
    if (!(error instanceof SpendingSpent)) throw error
    const reason = error.message
    const isDecisive = DECISIVE.has(check.name)
    return { findings: isDecisive ? [{ check: check.name, code: 'not-finished', reason }] : [], stopped: reason }
  }
}

/** If one check finds several things, the gravest decides. */
const DECISIONS: readonly (readonly [Effect, AdmissionDecision])[] = [
  ['refuse', 'refuse'],
  ['reuse', 'reuse'],
  ['strengthen', 'strengthen-tests'],
]

function record(state: State, { facts, unseen = [], stopped = null }: CheckVerdict, judged: JudgedFinding[]): void {
  state.findings.push(...judged)
  state.unseen.push(...unseen)
  state.stopped ??= stopped
  Object.assign(state.facts, facts)
  const decided = DECISIONS.find(([effect]) => judged.some((one) => one.effect === effect))
  if (decided !== undefined) state.decision = decided[1]
}

function toReport({ policy, subject }: AdmissionOptions, state: State): AdmissionReport {
  const { decision, findings, facts, unseen, stopped, yields } = state
  const { mutants, repeatedCalls, review, neighbours, testsPassed, twin, regression } = facts
  return {
    policy,
    decision,
    findings,
    unseen,
    tests: { total: subject.tests.length, passed: testsPassed ?? 0 },
    twin,
    regression,
    record: {
      mutants,
      repeatedCalls,
      review,
      neighbours,
      ...(stopped === null ? {} : { stopped: `kept as it stands, not compared further: ${stopped}` }),
      checks: yields,
    },
  }
}
