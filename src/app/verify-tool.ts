import type { Neighbour } from '../admission/twins/find-twins.ts'
import { runAdmission } from '../admission/pipeline.ts'
import type { Sandbox, ToolModule } from '../contracts/sandbox.ts'
import type { AdmissionRecord, ToolNeeds, ToolSignature, ToolTest } from '../contracts/tool.ts'
import { describeFinding } from '../domain/admission/describe-finding.ts'
import type { AdmissionPolicy, JudgedFinding } from '../domain/admission/policy.ts'
import type { Predecessor } from '../domain/admission/predecessor.ts'
import type { AdmissionReport, Regression } from '../domain/admission/report.ts'
import { compareValues } from '../domain/compare/compare-values.ts'
import { SpendingLimit } from '../domain/failures/spending-limit.ts'
import { checkCode } from '../library/check-code.ts'
import { describeSpecification } from '../library/describe-specification.ts'
import type { CodeFacts } from '../library/signature/code-facts.ts'
import { judgeCall, runTests } from './run-tests.ts'

/** Enough to say whether the tests see mistakes; it is told, and refuses nothing. */
const MUTANTS = { limit: 12, wallMs: 15_000, seed: 1 }
/**
 * A person waits for it, and nothing else does: far more than a usual tool takes, so that only one that hangs everywhere meets
 * it. Tests that assert nothing are tried on several stubs, and each test may use all of its time.
 */
const BUDGET = { executions: 500, executionsOfATest: 20, wallMs: 600_000, wallMsOfATest: 30_000 }
const SHOWN_FAILURES = 5

export interface ToolToVerify {
  code: string
  signature: ToolSignature
  /** From `readSignature`. */
  facts: CodeFacts
  tests: readonly ToolTest[]
  whenToUse: string
  exampleRequests: string[]
  /** The request that it was made for, as far as that is known: its literals have no place in the code. */
  request: string
  /** What its executions get: nothing but this. */
  needs: ToolNeeds
}

export interface VerifyOptions {
  policy: Extract<AdmissionPolicy, 'imported' | 'edited'>
  sandbox: Sandbox
  tool: ToolToVerify
  /** The closure of what it imports. */
  tools: ToolModule[]
  /** The version that it is to take the place of. */
  predecessor?: Predecessor
  /** Tools of the library that may do the same, nearest first. */
  neighbours?: readonly Neighbour[]
  signal?: AbortSignal
}

/** How a version stands beside the one that it is to take the place of. */
export interface Succession extends Regression {
  predecessor: number
  /** One sentence for each test that fails and each call that gives something else. */
  differences: string[]
}

export interface Verification {
  /** `untested`: nothing is wrong with it, and no test asserts anything. */
  verdict: 'verified' | 'untested' | 'refused'
  /** Why it is refused: one sentence each. */
  problems: string[]
  /** What a person should know who uses it all the same. */
  notes: string[]
  tests: { total: number; passed: number }
  /** A tool of the library that does the same. */
  twin: { name: string; version: number; reason: string } | null
  /** Beside the version that it is to take the place of; null where there is none, and where it is refused. */
  succession: Succession | null
  admission: AdmissionRecord
}

/**
 * Finds out here whether a tool may be used that somebody else wrote, or changed: all checks of admission but the review.
 * Believes nothing, and runs nothing outside of the sandbox. Rejects where the sandbox cannot execute, and with the signal's
 * reason.
 */
export async function verifyTool(options: VerifyOptions): Promise<Verification> {
  const { policy, sandbox, tool, tools, neighbours = [], predecessor, signal } = options
  const { code, signature, needs, tests } = tool
  const specification = describeSpecification(signature, tool)
  const report = await runAdmission({
    policy,
    subject: {
      tool: { code, signature, tools, needs },
      specification,
      tests,
      neighbours,
      ...(predecessor ? { predecessor } : {}),
    },
    means: {
      runTests,
      judge: judgeCall,
      compare: compareValues,
      readCode: () => checkCode({ ...tool, language: signature.language, specification }),
      reviewer: null,
    },
    sandbox,
    budget: { spending: openAccount(tests.length), mutants: MUTANTS },
    ...(signal ? { signal } : {}),
  })
  return toVerification(report, predecessor)
}

function openAccount(tests: number): SpendingLimit {
  const { executions, executionsOfATest, wallMs, wallMsOfATest } = BUDGET
  return new SpendingLimit({
    executions: executions + tests * executionsOfATest,
    wallMs: wallMs + tests * wallMsOfATest,
  })
}

function toVerification(
  { decision, findings, tests, twin, regression, record }: AdmissionReport,
  predecessor: Predecessor | undefined,
): Verification {
  const differences = findings
    .filter(({ kind }) => kind === 'regression')
    .map(({ finding }) => describeFinding(finding))
  const isUntested = findings.some(({ kind }) => kind === 'untested')
  const isRefused = decision !== 'admit'
  return {
    verdict: isRefused ? 'refused' : isUntested ? 'untested' : 'verified',
    problems: describeProblems(findings.filter(({ effect }) => effect === 'refuse')),
    notes: findings.filter(isNote).map(describeNote),
    tests,
    twin: twin === null ? null : { name: twin.name, version: twin.version, reason: twin.reason },
    succession:
      isRefused || regression === null || predecessor === undefined
        ? null
        : { predecessor: predecessor.version, ...regression, differences },
    admission: { at: new Date().toISOString(), droppedTests: [], ...record },
  }
}

/** Of many failing tests the first, and how many there are besides. */
function describeProblems(refusing: readonly JudgedFinding[]): string[] {
  const [failing, others] = [refusing.filter(isTest), refusing.filter((one) => !isTest(one))]
  const shown = [...failing.slice(0, SHOWN_FAILURES), ...others].map(({ finding }) => describeFinding(finding))
  const more = failing.length - SHOWN_FAILURES
  if (more > 0) shown.push(`${more} more tests fail.`)
  if (refusing.length > 0 && refusing.every(({ kind }) => kind === 'undecided')) {
    shown.push('Nothing speaks against it but that: try it again when this machine is less busy.')
  }
  return shown
}

/** That it is untested is the verdict, and what the version before it did otherwise has a place of its own. */
function isNote({ effect, kind }: JudgedFinding): boolean {
  return effect !== 'refuse' && kind !== 'untested' && kind !== 'regression'
}

function describeNote({ finding }: JudgedFinding): string {
  const sentence = describeFinding(finding)
  return finding.code === 'twin' ? `${sentence} \`handaxe tools tidy\` makes one of them.` : sentence
}

function isTest({ finding }: JudgedFinding): boolean {
  return finding.check === 'tests'
}
