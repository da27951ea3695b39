import type { JsonObject } from '../contracts/json.ts'
import type { InputFile, Sandbox } from '../contracts/sandbox.ts'
import type { ToolSpecification } from '../contracts/run.ts'
import type { ToolTest } from '../contracts/tool.ts'
import { checkDeterminism, type DeterminismCheck } from './determinism/check-determinism.ts'
import { checkMutants, type MutationCheck, type MutationCheckOptions } from './mutation/check-mutants.ts'
import { judgeMutants, type JudgedMutants } from './mutation/judge-mutants.ts'
import type { ReviewOutcome } from './review/parse-review.ts'
import type { JudgeOutcome } from './observation/outcome.ts'
import { bindTestFiles } from '../domain/tests/test-files.ts'
import { SpendingSpent } from '../domain/failures/spending-limit.ts'
import type { CompareValues, RunTests, ToolUnderTest } from './subject.ts'
import { answersOnlyTests } from './tests/answers-only-tests.ts'
import { checkTests } from './tests/check-tests.ts'
import { findVacuousProperties } from './tests/find-vacuous-properties.ts'
import { findTwins, type Neighbour, type TwinSearch } from './twins/find-twins.ts'
import { generateInputs } from './twins/generate-inputs.ts'

export type AdmissionCheck = 'tests' | 'test-quality' | 'determinism' | 'twins' | 'mutation' | 'review'

export interface AdmissionFinding {
  check: AdmissionCheck
  /** The check's own word: `unsteady`, `no-edge-case`, `docstring` … */
  code: string
  /** A sentence for who has to mend it. */
  message: string
}

export interface Admission {
  /**
   * `admit`: keep it. `reuse`: a tool of the library does the same. `strengthen-tests`: the tests cannot tell, whatever the code
   * is worth. `refuse`: the code is at fault.
   */
  decision: 'admit' | 'reuse' | 'strengthen-tests' | 'refuse'
  findings: AdmissionFinding[]
  determinism: DeterminismCheck | null
  twins: TwinSearch | null
  mutation: (MutationCheck & Pick<JudgedMutants, 'record'>) | null
  review: ReviewOutcome | null
  /** Inputs that show what the tests do not see, smallest first: for who strengthens them. Without any result. */
  unseen: JsonObject[]
  /** Why it ended before all was checked; null where all was. The tool is then kept as it stands. */
  stopped: string | null
  /** By check, of those that were made. */
  wallMs: Partial<Record<AdmissionCheck, number>>
}

export interface AdmissionOptions {
  sandbox: Sandbox
  tool: ToolUnderTest
  specification: ToolSpecification
  tests: readonly ToolTest[]
  /** Nearest first; empty where there is none near enough. */
  neighbours: readonly Neighbour[]
  /** Whether one in another language will do. Default false. */
  otherLanguages?: boolean
  runTests: RunTests
  /** Makes the mutation check cheaper; see there. */
  judge?: JudgeOutcome
  /** True where the tool has just passed its tests: they are not run on it again for their own sake. */
  testsPassed?: boolean
  compare: CompareValues
  /** The reviewer's call; null where there is to be none. */
  review: (() => Promise<ReviewOutcome>) | null
  /** Input files that the tests' arguments name. */
  inputs?: readonly InputFile[]
  /** Null: none. */
  mutants?: (Pick<MutationCheckOptions, 'limit' | 'seed' | 'wallMs'> & { threshold?: number }) | null
  /** What follows from tests that are too weak. `record`: it stands in the findings only. Default `strengthen`. */
  weakTests?: 'strengthen' | 'record'
  /** Of the same code with fewer tests: what the tests do not bear upon is taken over. */
  earlier?: Admission | null
  signal?: AbortSignal
}

/** Generated inputs beside the arguments of the tests, for the two worlds. */
const GENERATED_CALLS = 60

/**
 * Decides whether a tool may be kept that has been read and checked by its text already. The cheap checks come first; one that
 * refuses ends it, because the dear ones would only say more of what is gone. Rejects where the sandbox cannot execute, with
 * what the reviewer's call rejects with, and with the signal's reason.
 */
export async function decideAdmission(options: AdmissionOptions): Promise<Admission> {
  const state: Admission = {
    decision: 'admit',
    findings: [],
    determinism: null,
    twins: null,
    mutation: null,
    review: null,
    unseen: [],
    stopped: null,
    wallMs: {},
  }
  const stages: Stage[][] = [
    [['test-quality', judgeTests]],
    [['tests', judgeResults]],
    [['determinism', judgeDeterminism]],
    [['twins', judgeTwins]],
    // The reviewer thinks while the mutants run.
    [
      ['mutation', tryMutants],
      ['review', judgeReview],
    ],
  ]
  for (const stage of stages) {
    options.signal?.throwIfAborted()
    // A review is no execution: it is made also where nothing is left for these.
    const open = state.stopped === null ? stage : stage.filter(([check]) => check === 'review')
    const judged = await Promise.allSettled(open.map((part) => judgeTimed(part, options, state)))
    for (const part of judged) if (part.status === 'rejected') noteSpent(part.reason, state)
    if (state.decision !== 'admit') break
  }
  return state
}

/** Throws what is anything else. */
function noteSpent(reason: unknown, state: Admission): void {
  if (!(reason instanceof SpendingSpent)) throw reason
  state.stopped ??= `kept as it stands, not compared further: ${reason.message}`
}

type Stage = [AdmissionCheck, (options: AdmissionOptions, state: Admission) => Promise<void>]

async function judgeTimed([check, judge]: Stage, options: AdmissionOptions, state: Admission): Promise<void> {
  const startedAt = performance.now()
  await judge(options, state)
  state.wallMs[check] = performance.now() - startedAt
}

/** Who is told to strengthen tests has no use for it where the code is at fault anyway. */
function strengthen({ weakTests = 'strengthen' }: AdmissionOptions, state: Admission): void {
  if (weakTests === 'strengthen' && state.decision === 'admit') state.decision = 'strengthen-tests'
}

async function judgeTests(options: AdmissionOptions, state: Admission): Promise<void> {
  const { sandbox, tool, specification, tests, runTests, signal } = options
  const quality = checkTests(tests, specification)
  const { signature, needs } = tool
  const common = { sandbox, signature, tests, runTests, ...(signal ? { signal } : {}) }
  const vacuous = await findVacuousProperties({ ...common, ...(needs ? { needs } : {}) })
  // A repeated test costs time and hides nothing.
  for (const { code, message } of quality.problems) {
    if (code !== 'duplicate') state.findings.push({ check: 'test-quality', code, message })
  }
  for (const name of vacuous.filter((one) => !quality.worthless.includes(one))) {
    const message = `The property "${name}" also holds for tools that do nothing: let it compare what the tool gives.`
    state.findings.push({ check: 'test-quality', code: 'asserts-nothing', message })
  }
  if (state.findings.length > 0) strengthen(options, state)
}

async function judgeResults(options: AdmissionOptions, state: Admission): Promise<void> {
  const { sandbox, tool, tests, runTests, testsPassed = false, signal } = options
  if (testsPassed) return
  const results = await runTests({ sandbox, subject: tool, tests, ...(signal ? { signal } : {}) })
  for (const { test, failure, undecided } of results) {
    if (failure === null) continue
    // Nobody writes code again because a machine was busy.
    if (undecided) {
      state.findings.push({ check: 'tests', code: 'undecided', message: `Test "${test.name}": ${failure}` })
      continue
    }
    state.findings.push({ check: 'tests', code: 'failed', message: `Test "${test.name}": ${failure}` })
    state.decision = 'refuse'
  }
}

async function judgeDeterminism(options: AdmissionOptions, state: Admission): Promise<void> {
  const { sandbox, tool, tests, compare, inputs = [], earlier, signal } = options
  if (earlier?.determinism) {
    state.determinism = earlier.determinism
    return
  }
  const { calls: examples, inputs: files } = bindTestFiles(tests)
  const calls = generateInputs(tool.signature.inputSchema, 1, examples.length + GENERATED_CALLS, { examples })
  state.determinism = await checkDeterminism({
    sandbox,
    tool,
    calls,
    compare,
    inputs: [...inputs, ...files],
    ...(signal ? { signal } : {}),
  })
  for (const { code, message } of state.determinism.findings) {
    state.findings.push({ check: 'determinism', code, message })
    state.decision = 'refuse'
  }
  if (!answersOnlyTests(tool.signature.inputSchema, { tests, calls, outcomes: state.determinism.outcomes })) return
  const message = 'It gives what its tests expect and one and the same for all other arguments: compute the result.'
  state.findings.push({ check: 'tests', code: 'looked-up', message })
  state.decision = 'refuse'
}

async function judgeTwins(options: AdmissionOptions, state: Admission): Promise<void> {
  state.twins = await findTwins(options)
  const { twin, tried, stopped } = state.twins
  if (stopped !== null) state.stopped ??= `kept as it stands, not compared further: ${stopped}`
  for (const { name, version, behaviour } of tried.filter((one) => one.verdict === 'passes')) {
    const telling = behaviour?.firstDifference?.input
    if (telling !== undefined) state.unseen.push(telling)
    const input = JSON.stringify(telling ?? {}).slice(0, 300)
    const message = `${name} version ${version} passes the same tests and does something else for ${input}: add a test that tells them apart.`
    state.findings.push({ check: 'twins', code: 'not-told-apart', message })
    strengthen(options, state)
  }
  if (twin === null) return
  const message = `${twin.name} version ${twin.version} does the same: ${twin.reason}.`
  state.findings.push({ check: 'twins', code: 'twin', message })
  state.decision = 'reuse'
}

async function tryMutants(options: AdmissionOptions, state: Admission): Promise<void> {
  const { mutants = {}, tests, tool, ...rest } = options
  if (mutants === null) return
  const { threshold, ...limits } = mutants
  const check = await checkMutants({ ...rest, tool, tests, ...limits })
  if (check.stopped !== null) noteSpent(new SpendingSpent(check.stopped), state)
  const judged = await judgeMutants(check, { ...rest, tool, tests, ...(threshold === undefined ? {} : { threshold }) })
  state.mutation = { ...check, record: judged.record }
  if (judged.verdict !== 'weak') return judgeProperties(options, state, judged)
  const shown = judged.unseen.slice(0, 5).map(({ mutant }) => mutant)
  const unseen = shown.map(({ line, before, after }) => `line ${line}: \`${before}\` made \`${after}\``)
  state.findings.push({ check: 'mutation', code: 'weak', message: `${judged.reason}. Unseen: ${unseen.join('; ')}` })
  state.unseen.push(...judged.unseen.flatMap(({ input }) => (input === null ? [] : [input])))
  strengthen(options, state)
}

/** Fewer mistakes that are all seen may all be of one kind, such as another type of value. */
const TELLING_MUTANTS = 3

/**
 * Properties count like examples where they see planted mistakes. Where these are too few for a verdict and not all of them
 * are seen, nothing shows what the properties are worth.
 */
function judgeProperties(options: AdmissionOptions, state: Admission, { verdict, record }: JudgedMutants): void {
  const { tests, specification } = options
  const seesAll = record.tried >= TELLING_MUTANTS && record.survived === 0
  if (verdict === 'strong' || seesAll || !checkTests(tests, specification).restsOnProperties) return
  const seen = `${record.tried - record.survived} of ${record.tried} planted mistakes`
  const message = `There are too few examples, and ${seen} do not show that the properties see any: add examples with values that are worked out by hand.`
  state.findings.push({ check: 'test-quality', code: 'few-examples', message })
  strengthen(options, state)
}

async function judgeReview({ review, earlier }: AdmissionOptions, state: Admission): Promise<void> {
  state.review = earlier?.review ?? (review === null ? null : await review())
  if (state.review?.verdict !== 'reject') return
  for (const { kind, text } of state.review.reasons) {
    state.findings.push({ check: 'review', code: kind, message: text })
  }
  state.decision = 'refuse'
}
