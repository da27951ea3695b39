import { HandaxeError } from '../../contracts/errors.ts'
import { DEFAULT_ADMISSION_BUDGET } from '../../contracts/limits.ts'
import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import { ADMISSION_CHECKS, type AdmissionCheck, type CheckYield } from '../../contracts/tool.ts'
import { addYields } from '../../domain/admission/check-yields.ts'
import { describeFinding } from '../../domain/admission/describe-finding.ts'
import type { Twin } from '../../domain/admission/finding.ts'
import type { AdmissionPolicy, JudgedFinding } from '../../domain/admission/policy.ts'
import type { Predecessor } from '../../domain/admission/predecessor.ts'
import { doubtsOf, type AdmissionReport, type Regression } from '../../domain/admission/report.ts'
import type { AdmissionGate } from '../admission-gate.ts'
import { normaliseReply } from '../parse-reply/normalise-reply.ts'
import { SpendingLimit, SpendingSpent } from '../../domain/failures/spending-limit.ts'
import { callModel } from '../run/call-model.ts'
import type { RunContext } from '../run/run-context.ts'
import { renderSpecification } from '../text/render-specification.ts'
import { openCheckedSandbox, openCountedSandbox } from './checked-sandbox.ts'
import type { Neighbour } from './find-neighbours.ts'
import { renderFailures } from './render-failures.ts'
import type { TestSubject } from './judge-test.ts'
import { failed } from './run-test.ts'
import { strengthenTests } from './strengthen-tests.ts'
import type { TestSuite } from './test-suite.ts'

/** Executions of the run that checks leave for tests, repairs and the answer itself; of a small budget, this share. */
const RESERVED_EXECUTIONS = 30
const RESERVED_SHARE = 0.1

/** A second rejection after a repair is a difference of opinion: it is written down, and a person decides. */
const MAX_REVIEWS = 2

export type AdmissionOutcome =
  /** `doubts`: why it is no more than a candidate; empty where nothing is held against it. */
  | { record: AdmissionReport['record']; doubts: string[]; regression: Regression | null }
  | { twin: Twin }
  /** For the author of the code. */
  | { failures: string; problems: string[]; differing: Differing | null }

/** Nothing else is against it than that it is not what the version before it was: a person may want it so. */
export interface Differing {
  record: AdmissionReport['record']
  regression: Regression
}

/** Read, checked as text and tested: what comes here has passed these. */
const PASSED: readonly AdmissionCheck[] = ['static', 'tests']

/** Where nothing further is asked of tools than what others rely on. */
const PASSED_UNCHECKED = ADMISSION_CHECKS.filter((check) => check !== 'regression')

interface Options {
  gate: AdmissionGate
  policy: Extract<AdmissionPolicy, 'made' | 'repaired'>
  stepId: string
  specification: ToolSpecification
  difficulty: Difficulty
  suite: TestSuite
  neighbours: Neighbour[]
  /** The version that it is to take the place of; absent where there is none. */
  predecessor?: Predecessor
  /** Whether a program of the plan may import the tool. */
  isImported: boolean
}

/**
 * The checks of one tool that passes its tests, over all its versions: what may be asked of models only so often is counted
 * here. Tests are strengthened once, by a call that sees no code; a reviewer rejects twice at the most.
 */
export class AdmissionRounds {
  readonly replies: RoutedReply[] = []
  readonly #context: RunContext
  readonly #options: Options
  /** One account for all versions of the tool: what it cannot pay for any more is not checked. */
  readonly #spending: SpendingLimit
  #yields: CheckYield[] = []
  #strengthened = false
  #reviews = 0

  constructor(context: RunContext, options: Options) {
    this.#context = context
    this.#options = options
    const { budget, dependencies } = context
    const reserved = Math.min(RESERVED_EXECUTIONS, Math.ceil(RESERVED_SHARE * budget.allowed.executions))
    this.#spending = new SpendingLimit({
      ...(dependencies.admissionBudget ?? DEFAULT_ADMISSION_BUDGET),
      stop: () => (budget.remainingExecutions > reserved ? null : 'the executions that are left are for the answer'),
    })
  }

  /** Before there is code: the tool of the library (or of `neighbours`) that passes the tests; null where there is none. */
  async findReady(neighbours = this.#options.neighbours, threshold?: number): Promise<Twin | null> {
    const { gate, specification, suite } = this.#options
    if (neighbours.length === 0) return null
    const { signal } = this.#context
    const sandbox = await openCheckedSandbox(this.#context, this.#spending)
    const { tests } = suite
    const least = threshold === undefined ? {} : { threshold }
    try {
      return await gate.findReady({ sandbox, specification, tests, neighbours, signal, ...least })
    } catch (error) {
      // Nobody could tell whether it is there: then it is made.
      if (error instanceof SpendingSpent) return null
      throw error
    }
  }

  /** What checks cost that were made before these, and whether they refused. */
  count(yields: readonly CheckYield[]): void {
    this.#yields = addYields([this.#yields, yields])
  }

  async admit(subject: TestSubject): Promise<AdmissionOutcome> {
    let earlier: AdmissionReport | null = null
    for (;;) {
      const report: AdmissionReport = await this.#runChecks(subject, earlier)
      const { decision, twin, findings } = report
      if (decision === 'reuse' && twin !== null) return { twin }
      if (decision === 'refuse' && !this.#isLastReview(report)) {
        // That its tests are weak as well is no business of the code's author.
        const problems = sentencesOf(findings.filter(({ effect }) => effect === 'refuse'))
        const failures = problems.map((problem) => `- ${problem}`).join('\n')
        return { problems, failures, differing: this.#findDiffering(report) }
      }
      if (decision !== 'strengthen-tests') {
        const doubts = decision === 'refuse' ? findings.filter(isAgainstIt) : doubtsOf(report)
        return { record: this.#toRecord(report), doubts: sentencesOf(doubts), regression: report.regression }
      }
      const failures = await this.#strengthen(subject, report)
      if (failures !== null) return { failures, problems: [], differing: null }
      earlier = report
    }
  }

  async #runChecks(subject: TestSubject, earlier: AdmissionReport | null): Promise<AdmissionReport> {
    const { gate, policy, specification, suite, neighbours, predecessor, isImported } = this.#options
    const { budget, signal, admission, clock, dependencies } = this.#context
    const { checksTools = true } = dependencies
    const startedAt = clock()
    let model: string | null = null
    const report = await gate.admit({
      policy,
      ...(await openCountedSandbox(this.#context)),
      spending: this.#spending,
      tool: subject,
      specification,
      specificationText: renderSpecification(specification),
      tests: suite.tests,
      neighbours,
      ...(predecessor ? { predecessor } : {}),
      otherLanguages: !isImported,
      depth: admission,
      // A review is worth a call, but not the run: where the last call of the budget is needed for the answer it is left out.
      askReviewer:
        budget.remainingCalls < 2 || !checksTools
          ? null
          : async (prompt) => {
              const reply = await this.#askReviewer(prompt)
              model = reply?.model ?? null
              return reply === null ? '' : normaliseReply(reply.text)
            },
      mayStrengthen: !this.#strengthened,
      passed: checksTools ? PASSED : PASSED_UNCHECKED,
      earlier,
      signal,
    })
    this.count(report.record.checks ?? [])
    const { review } = report.record
    if (review?.verdict === 'reject') this.#reviews += 1
    const named = review === null ? null : { ...review, model: model ?? review.model }
    const checked = { ...report, record: { ...report.record, review: named } }
    if (checksTools) this.#announce(checked, clock() - startedAt)
    return checked
  }

  #announce({ decision, findings, record }: AdmissionReport, wallMs: number): void {
    const { stepId, specification } = this.#options
    this.#context.events.emit({
      type: 'tool-checked',
      stepId,
      tool: specification.name,
      decision,
      findings: sentencesOf(findings.filter(isAgainstIt)),
      checks: record,
      wallMs,
    })
  }

  /** What is kept with the tool is what all its versions took. */
  #toRecord({ record }: AdmissionReport): AdmissionReport['record'] {
    return { ...record, checks: this.#yields }
  }

  #findDiffering(report: AdmissionReport): Differing | null {
    const { findings, regression } = report
    const refusing = findings.filter(({ effect }) => effect === 'refuse')
    const isOther = refusing.every(({ kind, finding }) => kind === 'regression' && finding.code !== 'still-fails')
    return isOther && regression !== null ? { record: this.#toRecord(report), regression } : null
  }

  /** True where nothing but a reviewer's repeated word stands against the code. */
  #isLastReview({ findings }: AdmissionReport): boolean {
    return (
      this.#reviews >= MAX_REVIEWS &&
      findings.every(({ finding, effect }) => effect !== 'refuse' || finding.check === 'review')
    )
  }

  /** Null where the code passes the further tests as well. */
  async #strengthen(subject: TestSubject, { findings, unseen }: AdmissionReport): Promise<string | null> {
    const { specification, difficulty, suite } = this.#options
    this.#strengthened = true
    // What a finding on mutants or neighbours says has the code in it; their inputs have not.
    const missing = sentencesOf(
      findings.filter(({ finding, effect }) => effect !== 'note' && finding.check === 'test-quality'),
    )
    const tests = [...suite.tests]
    const added = await strengthenTests(this.#context, { specification, difficulty, tests, missing, unseen })
    this.replies.push(...added.replies)
    for (const { finding } of findings) {
      if (finding.code === 'asserts-nothing') suite.drop(finding.tests, describeFinding(finding))
    }
    if (added.tests.length === 0) return null
    suite.add(added.tests)
    const known = new Set(tests)
    const reports = await suite.run(
      subject,
      suite.tests.filter((test) => !known.has(test)),
    )
    if (!reports.some(failed)) return null
    return renderFailures(reports, { language: specification.language, notes: suite.notes })
  }

  /** Null where no model could be reached: the tool has passed its tests, and a provider that is down does not undo that. */
  async #askReviewer(prompt: { instructions: string; content: string }): Promise<RoutedReply | null> {
    const { instructions, content } = prompt
    const { difficulty } = this.#options
    try {
      const reply = await callModel(this.#context, {
        role: 'reviewer',
        purpose: 'review-tool',
        difficulty,
        // Most reviews find nothing, which a small model can say; a rejection is looked at again by a stronger one.
        ...(this.#context.admission === 'standard' ? { tier: 'fast' as const } : {}),
        escalation: this.#reviews,
        instructions,
        messages: [{ role: 'user', content }],
      })
      this.replies.push(reply)
      return reply
    } catch (error) {
      if (!HandaxeError.isInstance(error) || !error.code.startsWith('model_')) throw error
      const message = `${this.#options.specification.name} was not reviewed: ${error.message}`
      this.#context.events.emit({ type: 'warning', code: error.code, message })
      return null
    }
  }
}

function isAgainstIt({ effect }: JudgedFinding): boolean {
  return effect !== 'note'
}

function sentencesOf(findings: readonly JudgedFinding[]): string[] {
  return findings.map(({ finding }) => describeFinding(finding))
}
