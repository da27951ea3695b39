import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import { mapLimited } from '../run/map-limited.ts'
import type { RunContext } from '../run/run-context.ts'
import { withUniqueNames } from './parse-tests.ts'
import { reviewTest } from './review-test.ts'
import { isBrokenCode, type TestOutcome } from './judge-test.ts'
import { runTest, type TestReport } from './run-test.ts'
import type { TestSubject } from './judge-test.ts'

/** Sandboxes of one suite at a time; steps and runs beside it want some too. */
const CONCURRENT_TESTS = 4

interface Failure {
  code: string
  outcome: TestOutcome
}

/**
 * The tests of one tool while it is being made. The author of the code cannot change them. Only where two versions of the
 * code, one written after the failure was known, agree on something else than a test expects, a reviewer is asked once
 * whether that test is wrong; a test that is dropped is recorded with the reason.
 */
export class TestSuite {
  readonly replies: RoutedReply[] = []
  /** What the reviewer said of tests that stay. */
  readonly notes = new Map<string, string>()
  readonly #context: RunContext
  readonly #stepId: string
  readonly #specification: ToolSpecification
  readonly #difficulty: Difficulty
  readonly #failures = new Map<string, Failure>()
  readonly #reviewed = new Set<string>()
  readonly #dropped: { name: string; reason: string }[] = []
  readonly #fixed: ReadonlySet<ToolTest>
  #tests: ToolTest[]

  constructor(
    context: RunContext,
    options: {
      stepId: string
      specification: ToolSpecification
      difficulty: Difficulty
      tests: ToolTest[]
      dropped?: { name: string; reason: string }[]
      /** None of these is dropped, whoever finds it wrong: of a tool that is in use they are what others rely on. */
      keepAll?: boolean
    },
  ) {
    this.#context = context
    this.#stepId = options.stepId
    this.#specification = options.specification
    this.#difficulty = options.difficulty
    this.#tests = options.tests
    this.#fixed = new Set(options.keepAll ? options.tests : [])
    this.#dropped.push(...(options.dropped ?? []))
    this.#record()
  }

  get tests(): readonly ToolTest[] {
    return this.#tests
  }

  /** Tests that were left out, and why. */
  get dropped(): readonly { name: string; reason: string }[] {
    return this.#dropped
  }

  /** Further tests, under names of their own. */
  add(tests: readonly ToolTest[]): void {
    this.#tests = withUniqueNames([...this.#tests, ...tests])
    this.#record()
  }

  /** Takes tests out that can tell nothing, unless no other is left that checks a result. */
  drop(names: readonly string[], reason: string): void {
    const gone = this.#tests.filter((test) => names.includes(test.name) && !this.#fixed.has(test))
    const left = this.#tests.filter((test) => !gone.includes(test))
    if (gone.length === 0 || left.every((test) => test.kind === 'error')) return
    this.#tests = left
    this.#dropped.push(...gone.map(({ name }) => ({ name, reason })))
    this.#record()
  }

  /**
   * Runs every test (or some of them) in a sandbox of its own. What is left failing in the reports stands after all reviews.
   */
  async run(subject: TestSubject, tests: readonly ToolTest[] = this.#tests): Promise<TestReport[]> {
    const reports = await mapLimited(tests, CONCURRENT_TESTS, (test) =>
      runTest(this.#context, { stepId: this.#stepId, test, subject }),
    )
    const disputed = reports.filter((report) => this.#isDisputed(report, subject.code))
    for (const report of reports) this.#remember(report, subject.code)
    for (const report of disputed) await this.#review(report)
    return reports.filter((report) => this.#tests.includes(report.test))
  }

  #isDisputed({ test, outcome, failure }: TestReport, code: string): boolean {
    const before = this.#failures.get(test.name)
    if (this.#fixed.has(test) || failure === null || before === undefined || this.#reviewed.has(test.name)) return false
    return before.code !== code && agree(before.outcome, outcome)
  }

  #remember({ test, outcome, failure }: TestReport, code: string): void {
    if (failure === null) this.#failures.delete(test.name)
    else this.#failures.set(test.name, { code, outcome })
  }

  async #review({ test, outcome }: TestReport): Promise<void> {
    this.#reviewed.add(test.name)
    const subject = { specification: this.#specification, difficulty: this.#difficulty, test, outcome }
    const verdict = await reviewTest(this.#context, subject)
    this.replies.push(...verdict.replies)
    // The last test that checks a result is not dropped: nothing would be left that the code could fail.
    const isLast = !this.#tests.some((other) => other !== test && other.kind !== 'error')
    if (!verdict.drop || isLast) {
      this.notes.set(test.name, verdict.reason)
      return
    }
    this.#tests = this.#tests.filter((other) => other !== test)
    this.#dropped.push({ name: test.name, reason: verdict.reason })
    this.#record()
  }

  #record(): void {
    const { name: tool } = this.#specification
    const event = { stepId: this.#stepId, tool, tests: [...this.#tests], dropped: [...this.#dropped] }
    this.#context.events.emit({ type: 'tests-written', ...event })
  }
}

function agree(a: TestOutcome, b: TestOutcome): boolean {
  if (a.kind === 'value' && b.kind === 'value') return compareValues(a.value, b.value) === null
  if (a.kind === 'error' && b.kind === 'error') return a.type === b.type && !isBrokenCode(a)
  return false
}
