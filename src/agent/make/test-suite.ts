import type { Difficulty, RoutedReply } from '../../contracts/models.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { compareValues } from '../../domain/compare/compare-values.ts'
import type { RunContext } from '../run/run-context.ts'
import { withUniqueNames } from './parse-tests.ts'
import { reviewTest } from './review-test.ts'
import { isBrokenCode, type TestOutcome } from './judge-test.ts'
import { runTests, type TestReport } from './run-test.ts'
import type { TestSubject } from './judge-test.ts'

interface Failure {
  code: string
  outcome: TestOutcome
}

/** Calls of a reviewer for one tool: who finds more tests wrong than that has another specification in mind. */
const MOST_REVIEWS = 6
/** Tests of one dispute that are found right, after which the author is taken to be wrong about the others, too. */
const MOST_UPHELD = 2

/**
 * The tests of one tool while it is being made. The author of the code cannot change them. Only where the author, who was told
 * of the failure, insists (by a version that gives the same, or by leaving the code as it is), a reviewer is asked once
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
  readonly #undecided = new Map<string, string>()
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

  /** One sentence for each test that a busy machine left without a verdict on the code that ran last. */
  get undecided(): string[] {
    return this.#tests.flatMap(({ name }) => {
      const reason = this.#undecided.get(name)
      return reason === undefined ? [] : [`Test "${name}": ${reason}.`]
    })
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
    const reports = await runTests(this.#context, { stepId: this.#stepId, tests, subject })
    const disputed = reports.filter((report) => this.#isDisputed(report, subject.code))
    for (const report of reports) this.#remember(report, subject.code)
    await this.#reviewAll(disputed)
    return reports.filter((report) => this.#tests.includes(report.test))
  }

  /** True where a reviewer can still be asked about some test that this code failed. */
  mayDispute(code: string): boolean {
    return this.#open(code).length > 0
  }

  /**
   * The author keeps to the code that failed: a reviewer is asked about the tests that it failed. True where one of them was
   * dropped, so that the code may pass now.
   */
  async dispute(code: string): Promise<boolean> {
    const before = this.#dropped.length
    await this.#reviewAll(this.#open(code))
    return this.#dropped.length > before
  }

  /** What the reviewer said of tests that stay, one line each. */
  get upheld(): string[] {
    return [...this.notes].map(([name, reason]) => `A reviewer found the test "${name}" right: ${reason}`)
  }

  #open(code: string): Pick<TestReport, 'test' | 'outcome'>[] {
    if (this.#reviewed.size >= MOST_REVIEWS) return []
    return this.#tests.flatMap((test) => {
      const failure = this.#failures.get(test.name)
      return failure?.code !== code || !this.#isOpen(test) ? [] : [{ test, outcome: failure.outcome }]
    })
  }

  #isOpen(test: ToolTest): boolean {
    return !this.#fixed.has(test) && !this.#reviewed.has(test.name)
  }

  #isDisputed({ test, outcome, failure, undecided }: TestReport, code: string): boolean {
    const before = this.#failures.get(test.name)
    if (undecided || failure === null || before === undefined || !this.#isOpen(test)) return false
    return before.code !== code && agree(before.outcome, outcome)
  }

  async #reviewAll(disputed: readonly Pick<TestReport, 'test' | 'outcome'>[]): Promise<void> {
    let upheld = 0
    for (const report of disputed) {
      if (upheld >= MOST_UPHELD || this.#reviewed.size >= MOST_REVIEWS) return
      if (!(await this.#review(report))) upheld += 1
    }
  }

  #remember({ test, outcome, failure, undecided }: TestReport, code: string): void {
    if (failure === null || undecided) this.#failures.delete(test.name)
    else this.#failures.set(test.name, { code, outcome })
    if (failure !== null && undecided) this.#undecided.set(test.name, failure)
    else this.#undecided.delete(test.name)
  }

  /** True where the test is gone. */
  async #review({ test, outcome }: Pick<TestReport, 'test' | 'outcome'>): Promise<boolean> {
    this.#reviewed.add(test.name)
    const subject = { specification: this.#specification, difficulty: this.#difficulty, test, outcome }
    const verdict = await reviewTest(this.#context, subject)
    this.replies.push(...verdict.replies)
    // The last test that checks a result is not dropped: nothing would be left that the code could fail.
    const isLast = !this.#tests.some((other) => other !== test && other.kind !== 'error')
    if (!verdict.drop || isLast) {
      this.notes.set(test.name, verdict.reason)
      return false
    }
    this.#tests = this.#tests.filter((other) => other !== test)
    this.#failures.delete(test.name)
    this.#dropped.push({ name: test.name, reason: verdict.reason })
    this.#record()
    return true
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
